// A log's pages as a server serves them: C2SP tlog-tiles below `/log/<tenant>/`.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "edge/cli/client.h"
#include "ledger/merkle.h"
#include "ledger/tile.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace assent::cli {

// The Error of an answer that is not a success; `what` says what was asked for.
Error error_of(const HttpReply& reply, const std::string& what);

// The pages of one tree. Remembers the tiles that proofs need again: all above the leaves, of the
// leaves' the right edge and the one asked for last, and the last entries. Believes nothing for
// good: whoever asks checks the hashes against a checkpoint. One thread.
class ServedLog {
 public:
  // REQUIRES: the client outlives it.
  ServedLog(Client& client, const std::string& tenant);

  Result<std::string> checkpoint();

  // How large the tree is whose tiles are asked for from now on.
  void set_size(std::uint64_t size) { size_ = size; }

  // REQUIRES: sequence < size. Code::corrupt if it is not what the tree's leaf says.
  Result<std::string> entry(std::uint64_t sequence);
  // REQUIRES: wholly within the tree.
  Result<Hash> node(ledger::Node node);

 private:
  using Tile = std::pair<unsigned, std::uint64_t>;  // Level and index.
  struct Page {
    std::string bytes;
    unsigned width = 0;         // How many hashes or entries it should have …
    unsigned width_wanted = 0;  // … and how many of them are the tree's.
  };
  Result<Page> page(ledger::TilePath tile);
  Result<const std::vector<Hash>*> hashes(Tile tile);
  Result<void> read_entries(std::uint64_t index);

  Client& client_;
  std::string path_;
  std::uint64_t size_ = 0;
  std::map<Tile, std::vector<Hash>> tiles_;
  std::uint64_t leaves_ = 0;          // Which tile of leaves is remembered.
  std::uint64_t index_ = 0;           // Of the entries below.
  std::vector<std::string> entries_;  // None: none were read.
};

}  // namespace assent::cli
