// Tiles: the Merkle tree cut into files of 256 hashes that never change once they are full, so that
// anybody can fetch a log over plain HTTP and compute any proof alone.
//
//   tile/0/x001/234          full tile 1234 of level 0: the hashes of entries 315904 to 316159
//   tile/1/017.p/112         a partial tile: the first 112 hashes of tile 17 of level 1
//   tile/entries/x001/234    the entries themselves, each behind its length in two bytes
//
// C2SP tlog-tiles v0.1.0 (https://c2sp.org/tlog-tiles). Pure and thread-safe. Errors are
// Code::validation_error for what is not of the format.
#pragma once

#include "base/result.h"
#include "ledger/merkle.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::ledger {

// A tile is a tree of that many levels: 256 hashes wide.
inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 1U << kTileHeight;
inline constexpr unsigned kTileLevelMax = 63;

struct TilePath {
  bool is_entries = false;  // A bundle of entries instead of hashes; its level is 0.
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // Less: a partial tile.
  friend bool operator==(const TilePath&, const TilePath&) = default;
};

// What follows `tile/`, e.g. `0/x001/234.p/5` or `entries/000`.
std::string format_tile_path(const TilePath& path);
// Strict: format_tile_path() of the result is `text` again.
std::optional<TilePath> parse_tile_path(std::string_view text);

// How many hashes the level has in all, in the tree of `size` leaves.
std::uint64_t tile_hashes(unsigned level, Size size);
// The paths of all tiles of hashes that a tree of that size has, level by level, partial ones last.
std::vector<TilePath> tile_paths(Size size);

// The bytes of a tile of hashes. Fails as `nodes` does. REQUIRES: the tile is within the tree.
Result<std::string> tile_bytes(const TilePath& path, const NodeSource& nodes);

// Appends one entry to a bundle. REQUIRES: at most 65,535 bytes.
void append_entry(std::string& bundle, std::string_view entry);
// The entries of a bundle, which must be exactly `width`; views into `bundle`.
Result<std::vector<std::string_view>> entries_of(std::string_view bundle, unsigned width);

}  // namespace assent::ledger
