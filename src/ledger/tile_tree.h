// A growing tree that tells each node of tlog-tiles' levels as it becomes final: what a verifier
// compares stored nodes and served tiles with. Shares no code with whoever stores them.
#pragma once

#include "ledger/merkle.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace assent::ledger {

// A perfect subtree of 256^level leaves, the `position`-th of its kind, and the 256 below it.
struct FullTile {
  unsigned level = 0;  // Of the node; the hashes are of the level below, so never 0.
  std::uint64_t position = 0;
  std::span<const Hash> hashes;  // Valid during the call.
  Hash node{};                   // What they hash to.
};

// Memory: at most 256 hashes for each of eight levels. A value; one thread at a time.
class TileTree {
 public:
  // Called for each tile that becomes full, lower levels first. An Error ends the append.
  using OnFull = std::function<Result<void>(const FullTile&)>;

  // Adds the leaf with index size().
  Result<void> append(const Hash& leaf, const OnFull& on_full);

  Size size() const { return Size{size_}; }
  // Hashes up to 2,048 nodes: for the sizes that matter, not for each.
  Hash root() const;
  TreeHead head() const { return {.size = size(), .root = root()}; }

  // What is left of each level, from 0: the partial tiles of a tree of this size. May be empty.
  std::span<const std::vector<Hash>> partial_tiles() const { return levels_; }

 private:
  std::uint64_t size_ = 0;
  std::vector<std::vector<Hash>> levels_;
};

}  // namespace assent::ledger
