#include "ledger/tile_tree.h"

#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace assent::ledger {
namespace {

TEST(TileTree, HasTheRootOfEverySize) {
  const std::vector<Hash> leaves = event_leaves(1200);
  TileTree tree;
  Frontier frontier;
  EXPECT_EQ(tree.head(), frontier.head());
  for (const Hash& leaf : leaves) {
    ASSERT_TRUE(tree.append(leaf, [](const FullTile&) { return Result<void>(); }));
    frontier.append(leaf);
    ASSERT_EQ(tree.head(), frontier.head()) << number(tree.size());
  }
}

TEST(TileTree, TellsEveryFullTileOnce) {
  constexpr std::uint64_t kSize = 65'536 + 512 + 7;
  const std::vector<Hash> leaves = event_leaves(kSize);
  const NodeSource nodes = nodes_of(leaves);
  std::map<std::pair<unsigned, std::uint64_t>, Hash> told;
  TileTree tree;
  for (const Hash& leaf : leaves) {
    ASSERT_TRUE(tree.append(leaf, [&](const FullTile& tile) {
      EXPECT_EQ(tile.hashes.size(), 256U);
      EXPECT_TRUE(told.emplace(std::pair(tile.level, tile.position), tile.node).second);
      return Result<void>();
    }));
  }
  EXPECT_EQ(told.size(), 258U + 1U);
  for (const std::uint64_t position : {0U, 1U, 200U, 257U}) {
    EXPECT_EQ((told[{1U, position}]), nodes({.level = 8, .index = position}).value());
  }
  EXPECT_EQ((told[{2U, 0U}]), nodes({.level = 16, .index = 0}).value());
  ASSERT_EQ(tree.partial_tiles().size(), 3U);
  EXPECT_EQ(tree.partial_tiles()[0].size(), 7U);
  EXPECT_EQ(tree.partial_tiles()[1].size(), 2U);
  EXPECT_EQ(tree.partial_tiles()[2].size(), 1U);
}

TEST(TileTree, StopsAtAnError) {
  const std::vector<Hash> leaves = event_leaves(256);
  TileTree tree;
  const auto refuse = [](const FullTile&) -> Result<void> { return Error{Code::corrupt, "no"}; };
  for (std::size_t i = 0; i < 255; ++i) ASSERT_TRUE(tree.append(leaves[i], refuse));
  EXPECT_FALSE(tree.append(leaves[255], refuse));
}

}  // namespace
}  // namespace assent::ledger
