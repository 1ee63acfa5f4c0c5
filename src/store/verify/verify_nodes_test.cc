#include "store/verify/verify_nodes.h"

#include "ledger/testing.h"
#include "store/sqlite/sqlite_connection.h"

#include <gtest/gtest.h>

namespace assent::store {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO nodes (tenant, level, position, hash) VALUES (1, $1, $2, $3)";

// The stored nodes of a log of 600 events, of which the test may have changed some.
class VerifyNodesTest : public testing::Test {
 protected:
  VerifyNodesTest() {
    CHECK(migrate(*connection_, sqlite_migrations()).has_value());
    CHECK(each([this](const ledger::FullTile& tile) -> Result<void> {
            TRY(connection_->run(
                kInsert, {std::int64_t{tile.level}, static_cast<std::int64_t>(tile.position),
                          Bytes{as_bytes(tile.node)}}));
            return {};
          }).has_value());
  }
  static Result<void> each(const ledger::TileTree::OnFull& visit) {
    ledger::TileTree tree;
    for (const Hash& leaf : ledger::event_leaves(600)) TRY(tree.append(leaf, visit));
    return {};
  }
  Result<void> verify() {
    VerifyNodes nodes(*connection_, TenantNumber{1});
    TRY(each([&nodes](const ledger::FullTile& tile) { return nodes.add(tile); }));
    return nodes.finish();
  }
  void change(std::string_view sql) { ASSERT_TRUE(connection_->script(sql)) << sql; }

  std::unique_ptr<Connection> connection_ = open_sqlite({.path = ":memory:"}).value();
};

TEST_F(VerifyNodesTest, AreThoseOfTheEvents) {
  EXPECT_TRUE(verify());
}

TEST_F(VerifyNodesTest, OneTooManyIsNoticed) {
  change("INSERT INTO nodes (tenant, level, position, hash) VALUES (1, 1, 2, randomblob(32))");
  EXPECT_FALSE(verify());
}

TEST_F(VerifyNodesTest, AnotherIsNoticed) {
  change("DROP TRIGGER nodes_are_never_updated");
  change("UPDATE nodes SET hash = randomblob(32) WHERE position = 1");
  EXPECT_FALSE(verify());
}

TEST_F(VerifyNodesTest, AMissingOneIsNoticed) {
  change("DROP TRIGGER nodes_are_never_deleted");
  change("DELETE FROM nodes WHERE position = 0");
  EXPECT_FALSE(verify());
}

}  // namespace
}  // namespace assent::store
