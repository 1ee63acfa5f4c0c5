#include "store/migrations.h"

#include "store/sqlite/sqlite_connection.h"

#include <gtest/gtest.h>

#include <array>

namespace assent::store {
namespace {

constexpr Migration kFirst{"0001_first", "CREATE TABLE first (id INTEGER);"};
constexpr Migration kSecond{"0002_second", "CREATE TABLE second (id INTEGER);"};
constexpr Migration kChanged{"0001_first", "CREATE TABLE first (id TEXT);"};
constexpr Migration kHalf{"0002_half", "CREATE TABLE half (id INTEGER); THIS IS NO SQL;"};

bool has_table(Connection& connection, std::string_view name) {
  const auto rows =
      connection.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1", {name});
  return *(*rows)->next();
}

class Migrations : public testing::Test {
 protected:
  std::unique_ptr<Connection> connection = std::move(*open_sqlite({.path = ":memory:"}));
};

TEST_F(Migrations, AreAppliedOnceInOrder) {
  EXPECT_TRUE(migrate(*connection, std::array{kFirst}));
  EXPECT_TRUE(migrate(*connection, std::array{kFirst}));
  EXPECT_FALSE(has_table(*connection, "second"));
  EXPECT_TRUE(migrate(*connection, std::array{kFirst, kSecond}));
  EXPECT_TRUE(has_table(*connection, "second"));
}

TEST_F(Migrations, AChangedReleaseIsRefused) {
  EXPECT_TRUE(migrate(*connection, std::array{kFirst}));
  EXPECT_EQ(migrate(*connection, std::array{kChanged, kSecond}).error().code, Code::corrupt);
  EXPECT_FALSE(has_table(*connection, "second"));
}

TEST_F(Migrations, ANewerDatabaseIsRefused) {
  EXPECT_TRUE(migrate(*connection, std::array{kFirst, kSecond}));
  EXPECT_EQ(migrate(*connection, std::array{kFirst}).error().code, Code::corrupt);
}

TEST_F(Migrations, AFailedOneLeavesNothing) {
  EXPECT_FALSE(migrate(*connection, std::array{kFirst, kHalf}));
  EXPECT_TRUE(has_table(*connection, "first"));
  EXPECT_FALSE(has_table(*connection, "half"));
  EXPECT_TRUE(migrate(*connection, std::array{kFirst, kSecond}));
}

TEST_F(Migrations, OursMakeADatabase) {
  EXPECT_TRUE(migrate(*connection, sqlite_migrations()));
  EXPECT_TRUE(has_table(*connection, "events"));
  EXPECT_TRUE(has_table(*connection, "idempotency"));
}

}  // namespace
}  // namespace assent::store
