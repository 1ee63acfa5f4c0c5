#include "ledger/tile_tree.h"

#include <algorithm>
#include <bit>

namespace assent::ledger {
namespace {

constexpr std::size_t kTileWidth = 256;
constexpr unsigned kTileBits = 8;

// In place, level by level. REQUIRES: as many as a power of two.
Hash hash_perfect(std::span<const Hash> hashes) {
  if (hashes.size() == 1) return hashes.front();
  std::vector<Hash> level(hashes.begin(), hashes.end());
  for (std::size_t width = level.size() / 2; width > 0; width /= 2) {
    for (std::size_t i = 0; i < width; ++i) {
      level[i] = hash_children(level[2 * i], level[2 * i + 1]);
    }
  }
  return level.front();
}

}  // namespace

Result<void> TileTree::append(const Hash& leaf, const OnFull& on_full) {
  ++size_;
  Hash node = leaf;
  for (unsigned level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back().reserve(kTileWidth);
    std::vector<Hash>& hashes = levels_[level];
    hashes.push_back(node);
    if (hashes.size() < kTileWidth) return {};
    node = hash_perfect(hashes);
    const std::uint64_t position = (size_ >> (kTileBits * (level + 1))) - 1;
    TRY(on_full({.level = level + 1, .position = position, .hashes = hashes, .node = node}));
    levels_[level].clear();
  }
}

Hash TileTree::root() const {
  std::vector<Hash> peaks;  // The leftmost, which is the largest, first.
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    for (std::span<const Hash> rest = *level; !rest.empty();) {
      const std::size_t width = std::bit_floor(rest.size());
      peaks.push_back(hash_perfect(rest.first(width)));
      rest = rest.subspan(width);
    }
  }
  if (peaks.empty()) return empty_root();
  Hash hash = peaks.back();
  for (peaks.pop_back(); !peaks.empty(); peaks.pop_back()) hash = hash_children(peaks.back(), hash);
  return hash;
}

}  // namespace assent::ledger
