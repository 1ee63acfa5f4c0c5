#include "store/gauges.h"

#include "store/sqlite/sqlite_connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>
#include <string>

namespace assent::store {
namespace {

class Gauges : public testing::Test {
 protected:
  Gauges() {
    connection = std::move(*open_sqlite({.path = ":memory:"}));
    EXPECT_TRUE(migrate(*connection, sqlite_migrations()));
  }
  std::unique_ptr<Connection> connection;
};

TEST_F(Gauges, AreZeroInAnEmptyStoreAndOneForEachRowOfTheTable) {
  const auto values = read_gauges(*connection, Timestamp());
  ASSERT_TRUE(values);
  EXPECT_EQ(*values, std::vector<std::int64_t>(state_gauges().size(), 0));
}

// Anybody may ask for them, so none may cost what the log's size is: each reads the rows that it
// counts, through an index that has no others. Tenants are few.
TEST_F(Gauges, AreAnsweredByAnIndex) {
  std::list<std::string> statements;  // Statements are kept by address.
  for (const StateGauge& gauge : state_gauges()) {
    const auto& sql = statements.emplace_back("EXPLAIN QUERY PLAN " + std::string(gauge.sql));
    const auto rows =
        gauge.takes_time ? connection->query(sql, {std::int64_t{0}}) : connection->query(sql);
    ASSERT_TRUE(rows) << gauge.name;
    while (*(*rows)->next()) {
      const std::string step((*rows)->text(3));
      // Going through an index that holds nothing else is what counting is.
      const bool is_count = std::ranges::any_of(
          std::array{"_by_deadline", "escalations_open", "rules_by_pin", "kill_switches_engaged",
                     "producers_with_gaps", "obligations_open"},
          [&](const char* index) { return step.find(index) != std::string::npos; });
      const bool is_scan = step.starts_with("SCAN ") && !step.starts_with("SCAN t ") && !is_count;
      EXPECT_FALSE(is_scan) << gauge.name << ": " << step;
    }
  }
}

}  // namespace
}  // namespace assent::store
