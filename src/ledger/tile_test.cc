#include "ledger/tile.h"

#include "base/text.h"
#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assent::ledger {
namespace {

TEST(Tile, APathHasOneSpelling) {
  for (const char* good :
       {"0/000", "0/999", "0/x001/000", "1/x001/x234/067", "63/000.p/1", "0/000.p/255",
        "entries/000", "entries/x001/234.p/12", "0/x018/x446/x744/x073/x709/x551/615"}) {
    const auto path = parse_tile_path(good);
    ASSERT_TRUE(path) << good;
    EXPECT_EQ(format_tile_path(*path), good);
  }
  for (const char* bad : {"",
                          "0",
                          "0/",
                          "/000",
                          "0/0",
                          "0/00",
                          "0/0000",
                          "0/1000",
                          "0/x000/001",
                          "0/x001",
                          "0/x001/",
                          "0/001/002",
                          "64/000",
                          "00/000",
                          "-1/000",
                          "+1/000",
                          "0/000.p/0",
                          "0/000.p/256",
                          "0/000.p/01",
                          "0/000.p/",
                          "0/000.p",
                          "0/000.p/1/2",
                          "0/000.p/1.p/1",
                          "entries",
                          "entries/",
                          "data/000",
                          "0/000 ",
                          "0/x/001",
                          "0/xx01/001",
                          "0/00x",
                          "x000/000",
                          "0/x018/x446/x744/x073/x709/x551/616"}) {
    EXPECT_FALSE(parse_tile_path(bad)) << bad;
  }
  EXPECT_EQ(parse_tile_path("1/x001/x234/067.p/9"),
            (TilePath{.level = 1, .index = 1234067, .width = 9}));
}

TEST(Tile, TheVectorsOfTheGoImplementationComeOut) {
  const Vectors vectors = load_vectors();
  const auto leaves = event_leaves(70'000);
  const auto nodes = nodes_of(leaves);
  const auto paths = tile_paths(Size{70'000});
  ASSERT_FALSE(vectors.tiles.empty());
  for (const TileVector& vector : vectors.tiles) {
    const auto path = parse_tile_path(vector.path.substr(5));
    ASSERT_TRUE(path) << vector.path;
    EXPECT_NE(std::ranges::find(paths, *path), paths.end());
    const auto bytes = tile_bytes(*path, nodes);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), vector.bytes);
    EXPECT_EQ(sha256(*bytes), vector.sha256);
  }
}

TEST(Tile, TheBundlesOfTheGoImplementationComeOutAndGoIn) {
  const Vectors vectors = load_vectors();
  ASSERT_FALSE(vectors.bundles.empty());
  for (const TileVector& vector : vectors.bundles) {
    const auto path = parse_tile_path(vector.path.substr(5));
    ASSERT_TRUE(path && path->is_entries) << vector.path;
    std::string bundle;
    for (unsigned i = 0; i < path->width; ++i) {
      append_entry(bundle, event(path->index * kTileWidth + i));
    }
    EXPECT_EQ(sha256(bundle), vector.sha256);
    const auto entries = entries_of(bundle, path->width);
    ASSERT_TRUE(entries);
    EXPECT_EQ(entries->back(), event(path->index * kTileWidth + path->width - 1));
  }
}

TEST(Tile, ATreeOf70000HasTheTilesOfTheSpecificationsExample) {
  const auto paths = tile_paths(Size{70'000});
  EXPECT_EQ(paths.size(), 273u + 1 + 1 + 1 + 1);
  EXPECT_EQ(format_tile_path(paths[273]), "0/273.p/112");
  EXPECT_EQ(format_tile_path(paths[274]), "1/000");
  EXPECT_EQ(format_tile_path(paths[275]), "1/001.p/17");
  EXPECT_EQ(format_tile_path(paths[276]), "2/000.p/1");
  EXPECT_TRUE(tile_paths(Size{0}).empty());
  EXPECT_EQ(tile_paths(Size{256}).size(), 2u);
}

TEST(Tile, ABundleThatIsCutOrLongerIsNone) {
  std::string bundle;
  append_entry(bundle, "one");
  append_entry(bundle, "");
  append_entry(bundle, std::string(65'535, 'x'));
  ASSERT_TRUE(entries_of(bundle, 3));
  EXPECT_EQ((*entries_of(bundle, 3))[2].size(), 65'535u);
  EXPECT_FALSE(entries_of(bundle, 2));
  EXPECT_FALSE(entries_of(bundle, 4));
  for (const std::size_t cut : {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{6},
                                std::size_t{8}, bundle.size() - 1}) {
    EXPECT_FALSE(entries_of(std::string_view(bundle).substr(0, cut), 3)) << cut;
  }
  EXPECT_TRUE(entries_of("", 0));
}

}  // namespace
}  // namespace assent::ledger
