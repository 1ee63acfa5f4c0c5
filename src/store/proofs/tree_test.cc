#include "store/proofs/tree.h"

#include "ledger/testing.h"
#include "store/migrations.h"
#include "store/read.h"
#include "store/sqlite/sqlite_connection.h"

#include <gtest/gtest.h>

#include <random>

namespace assent::store {
namespace {

constexpr TenantNumber kTenant{3};
constexpr std::string_view kAddEvent =
    "INSERT INTO events (position, leaf, body) VALUES ($1, $2, x'00')";
constexpr std::string_view kAllNodes = "SELECT COUNT(*) FROM nodes";

// A log whose events are of no interest, beside one that must never be mistaken for it.
class TreeTest : public testing::Test {
 protected:
  TreeTest() {
    CHECK(migrate(*connection, sqlite_migrations()));
    grow(TenantNumber{2}, ledger::event_leaves(300));
  }

  void grow(TenantNumber tenant, const std::vector<Hash>& leaves) {
    ledger::Frontier frontier;
    CHECK(connection->begin());
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      CHECK(connection->run(kAddEvent, {position_of(tenant, i), Bytes{as_bytes(leaves[i])}}));
      CHECK(grow_tree(*connection, tenant, frontier, leaves[i]));
    }
    CHECK(connection->commit());
  }

  std::int64_t nodes() {
    const auto rows = connection->query(kAllNodes);
    CHECK(rows && *(*rows)->next());
    return (*rows)->integer(0);
  }

  std::unique_ptr<Connection> connection = *open_sqlite({.path = ":memory:"});
};

TEST_F(TreeTest, ProvesWhatTheLeavesProveAtEverySizeTo300) {
  const auto leaves = ledger::event_leaves(300);
  grow(kTenant, leaves);
  const auto stored = stored_nodes(*connection, kTenant);
  const auto naive = ledger::nodes_of(leaves);
  for (std::uint64_t size = 1; size <= 300; ++size) {
    const ledger::Size to{size};
    for (std::uint64_t i = 0; i < size; ++i) {
      const ledger::Index index{i};
      ASSERT_EQ(*ledger::inclusion_proof(index, to, stored),
                *ledger::inclusion_proof(index, to, naive));
      ASSERT_EQ(*ledger::consistency_proof({.from = ledger::Size{i}, .to = to}, stored),
                *ledger::consistency_proof({.from = ledger::Size{i}, .to = to}, naive));
    }
  }
}

TEST_F(TreeTest, ProvesAnythingInALogOfThreeLevelsOfTiles) {
  const auto vectors = ledger::load_vectors();
  const auto leaves = ledger::event_leaves(70'000);
  grow(kTenant, leaves);
  const auto stored = stored_nodes(*connection, kTenant);
  EXPECT_EQ(*ledger::inclusion_proof(ledger::Index{12345}, ledger::Size{70'000}, stored),
            vectors.inclusion);
  EXPECT_EQ(
      *ledger::consistency_proof({.from = ledger::Size{1000}, .to = ledger::Size{70'000}}, stored),
      vectors.consistency);

  std::mt19937_64 random(7);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t size = 1 + random() % 70'000;
    const ledger::Index index{random() % size};
    const auto path = *ledger::inclusion_proof(index, ledger::Size{size}, stored);
    ledger::Frontier frontier;
    for (std::uint64_t k = 0; k < size; ++k) frontier.append(leaves[k]);
    EXPECT_EQ(
        ledger::root_from_path(leaves[ledger::number(index)], index, ledger::Size{size}, path),
        frontier.root());
  }
}

TEST_F(TreeTest, ASourceSeesTheLogGrow) {
  const auto leaves = ledger::event_leaves(600);
  const auto stored = stored_nodes(*connection, kTenant);
  ledger::Frontier frontier;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    ASSERT_FALSE(stored({.level = 0, .index = i}));
    ASSERT_TRUE(connection->run(kAddEvent, {position_of(kTenant, i), Bytes{as_bytes(leaves[i])}}));
    ASSERT_TRUE(grow_tree(*connection, kTenant, frontier, leaves[i]));
    EXPECT_EQ(*stored({.level = 0, .index = i}), leaves[i]);
  }
}

TEST_F(TreeTest, ALogFromBeforeThereWereNodesGetsThem) {
  grow(kTenant, ledger::event_leaves(70'000));
  const std::int64_t all = nodes();
  EXPECT_EQ(all, 1 + 273 + 1);
  ASSERT_TRUE(connection->script("DROP TRIGGER nodes_are_never_deleted; DELETE FROM nodes"));
  EXPECT_FALSE(stored_nodes(*connection, kTenant)({.level = 8, .index = 0}));
  ASSERT_TRUE(complete_tree(*connection, kTenant, 70'000));
  ASSERT_TRUE(complete_tree(*connection, TenantNumber{2}, 300));
  EXPECT_EQ(nodes(), all);
  EXPECT_EQ(*ledger::inclusion_proof(ledger::Index{12345}, ledger::Size{70'000},
                                     stored_nodes(*connection, kTenant)),
            ledger::load_vectors().inclusion);
}

TEST_F(TreeTest, WhatIsNotThereIsCorrupt) {
  grow(kTenant, ledger::event_leaves(300));
  EXPECT_EQ(complete_tree(*connection, kTenant, 1000).error().code, Code::corrupt);
  EXPECT_EQ(stored_nodes(*connection, kTenant)({.level = 0, .index = 300}).error().code,
            Code::corrupt);
  EXPECT_EQ(stored_nodes(*connection, kTenant)({.level = 9, .index = 0}).error().code,
            Code::corrupt);
}

TEST_F(TreeTest, NodesAreAppendOnly) {
  grow(kTenant, ledger::event_leaves(300));
  EXPECT_FALSE(connection->script("UPDATE nodes SET hash = x'00'"));
  EXPECT_FALSE(connection->script("DELETE FROM nodes"));
}

}  // namespace
}  // namespace assent::store
