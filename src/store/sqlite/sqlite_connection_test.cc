// What every engine promises (Contract), and what is SQLite's own.
#include "store/sqlite/sqlite_connection.h"

#include "store/sqlite/wal_mover.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>
#include <unistd.h>

namespace assent::store {
namespace {

// An engine under test: connections to one empty database.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::unique_ptr<Connection> writer() = 0;
  virtual std::unique_ptr<Connection> reader() = 0;
};

class SqliteEngine final : public Engine {
 public:
  SqliteEngine() {
    std::string name = (std::filesystem::temp_directory_path() / "assent-test-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
  }
  ~SqliteEngine() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string path() const { return directory_ + "/test.db"; }
  std::unique_ptr<Connection> writer() override { return open(SqliteMode::create); }
  std::unique_ptr<Connection> reader() override { return open(SqliteMode::read_only); }

 private:
  std::unique_ptr<Connection> open(SqliteMode mode) {
    auto opened = open_sqlite({.path = path(), .mode = mode});
    CHECK(opened);
    return std::move(*opened);
  }
  std::string directory_;
};

constexpr std::string_view kMake = "CREATE TABLE words (id BIGINT PRIMARY KEY, word TEXT)";
constexpr std::string_view kPut = "INSERT INTO words (id, word) VALUES ($1, $2)";
constexpr std::string_view kCount = "SELECT COUNT(*) FROM words";

std::int64_t count(Connection& connection) {
  const auto rows = connection.query(kCount);
  CHECK(rows && *(*rows)->next());
  return (*rows)->integer(0);
}

using MakeEngine = std::function<std::unique_ptr<Engine>()>;

class Contract : public testing::TestWithParam<MakeEngine> {
 protected:
  Contract() { CHECK(writer->run(kMake)); }
  std::unique_ptr<Engine> engine = GetParam()();
  std::unique_ptr<Connection> writer = engine->writer();
};

TEST_P(Contract, ValuesComeBackAsTheyWere) {
  const auto rows =
      writer->query("SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS TEXT), $4",
                    {std::string_view("gr\xc3\xbc\xc3\x9f"), std::int64_t{-9223372036854775807},
                     std::monostate{}, std::string_view("")});
  ASSERT_TRUE(rows);
  ASSERT_TRUE(*(*rows)->next());
  EXPECT_EQ((*rows)->text(0), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ((*rows)->integer(1), -9223372036854775807);
  EXPECT_TRUE((*rows)->is_null(2));
  EXPECT_FALSE((*rows)->is_null(3));
  EXPECT_EQ((*rows)->text(3), "");
  EXPECT_FALSE(*(*rows)->next());
  EXPECT_FALSE(*(*rows)->next());
}

TEST_P(Contract, ParametersGoByNumberNotByPlace) {
  const auto rows =
      writer->query("SELECT $2, $1, $2", {std::string_view("a"), std::string_view("b")});
  ASSERT_TRUE(rows);
  ASSERT_TRUE(*(*rows)->next());
  EXPECT_EQ((*rows)->text(0), "b");
  EXPECT_EQ((*rows)->text(1), "a");
  EXPECT_EQ((*rows)->text(2), "b");
}

TEST_P(Contract, RunTellsHowManyRowsChanged) {
  for (std::int64_t id = 0; id < 3; ++id)
    EXPECT_EQ(*writer->run(kPut, {id, std::string_view("x")}), 1);
  EXPECT_EQ(*writer->run("UPDATE words SET word = 'y' WHERE id > $1", {std::int64_t{0}}), 2);
}

TEST_P(Contract, ARollbackLeavesNothing) {
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->run(kPut, {std::int64_t{1}, std::string_view("x")}));
  writer->rollback();
  writer->rollback();  // Also when there is nothing to roll back.
  EXPECT_EQ(count(*writer), 0);
}

TEST_P(Contract, ASavepointGoesAlone) {
  ASSERT_TRUE(writer->begin());
  for (std::int64_t id = 0; id < 4; ++id) {
    ASSERT_TRUE(writer->savepoint());
    ASSERT_TRUE(writer->run(kPut, {id, std::string_view("x")}));
    ASSERT_TRUE(id % 2 == 0 ? writer->release() : writer->rollback_to_savepoint());
  }
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(count(*writer), 2);
}

TEST_P(Contract, AConstraintFailsItsStatementOnly) {
  ASSERT_TRUE(writer->begin());
  ASSERT_TRUE(writer->savepoint());
  ASSERT_TRUE(writer->run(kPut, {std::int64_t{1}, std::string_view("x")}));
  ASSERT_TRUE(writer->release());
  ASSERT_TRUE(writer->savepoint());
  EXPECT_EQ(writer->run(kPut, {std::int64_t{1}, std::string_view("x")}).error().code,
            Code::internal);
  ASSERT_TRUE(writer->rollback_to_savepoint());
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(count(*writer), 1);
}

TEST_P(Contract, ASnapshotStandsStill) {
  const auto reader = engine->reader();
  ASSERT_TRUE(reader->begin_snapshot());
  ASSERT_TRUE(writer->run(kPut, {std::int64_t{1}, std::string_view("x")}));
  EXPECT_EQ(count(*reader), 0);
  reader->rollback();
  EXPECT_EQ(count(*reader), 1);
}

TEST_P(Contract, AReaderCannotWrite) {
  const auto reader = engine->reader();
  EXPECT_EQ(reader->run(kPut, {std::int64_t{1}, std::string_view("x")}).error().code,
            Code::unavailable);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, Contract, testing::Values([]() -> std::unique_ptr<Engine> {
                           return std::make_unique<SqliteEngine>();
                         }));

TEST(Sqlite, ABrokenTransactionStaysBrokenUntilItIsRolledBack) {
  SqliteEngine engine;
  const auto connection = engine.writer();
  ASSERT_TRUE(connection->run(kMake));
  ASSERT_TRUE(connection->script("PRAGMA max_page_count = 4"));
  ASSERT_TRUE(connection->begin());
  const std::string large(100'000, 'x');
  EXPECT_EQ(connection->run(kPut, {std::int64_t{1}, large}).error().code, Code::unavailable);
  EXPECT_EQ(connection->run(kPut, {std::int64_t{2}, std::string_view("x")}).error().code,
            Code::unavailable);
  EXPECT_EQ(connection->commit().error().code, Code::unavailable);  // Certain: nothing happened.
  EXPECT_EQ(count(*connection), 0);
  ASSERT_TRUE(connection->begin());
  ASSERT_TRUE(connection->run(kPut, {std::int64_t{2}, std::string_view("x")}));
  ASSERT_TRUE(connection->commit());
}

TEST(Sqlite, AFileThatIsNoDatabaseIsCorrupt) {
  SqliteEngine engine;
  FILE* const file = std::fopen(engine.path().c_str(), "w");
  ASSERT_NE(file, nullptr);
  for (int i = 0; i < 1000; ++i) std::fputs("this is no database\n", file);
  std::fclose(file);
  EXPECT_EQ(open_sqlite({.path = engine.path()}).error().code, Code::corrupt);
}

TEST(Sqlite, AnAbsentFileIsNotMade) {
  SqliteEngine engine;
  const auto opened = open_sqlite({.path = engine.path(), .mode = SqliteMode::read_write});
  EXPECT_EQ(opened.error().code, Code::unavailable);
  EXPECT_FALSE(std::filesystem::exists(engine.path()));
}

TEST(Sqlite, TheSecondWriterWaitsForTheFirst) {
  SqliteEngine engine;
  const auto first = engine.writer();
  const auto second =
      open_sqlite({.path = engine.path(), .busy_timeout = std::chrono::milliseconds(20)});
  ASSERT_TRUE(second);
  ASSERT_TRUE(first->begin());
  EXPECT_EQ((*second)->begin().error().code, Code::unavailable);
  first->rollback();
  EXPECT_TRUE((*second)->begin());
}

TEST(WalMover, KeepsTheLogShortUnderAWriterThatNeverRests) {
  SqliteEngine engine;
  std::unique_ptr<WalMover> mover;
  std::atomic<int> longest = 0;
  const auto writer = open_sqlite({.path = engine.path(), .wal_grew = [&](int pages) {
                                     longest = std::max(longest.load(), pages);
                                     if (mover) mover->grew(pages);
                                   }});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->script("PRAGMA synchronous = OFF"));  // 200 MB of log in a few seconds.
  ASSERT_TRUE((*writer)->run(kMake));
  mover = std::move(*WalMover::open(engine.path()));
  const std::string large(1'000'000, 'x');
  for (std::int64_t id = 0; id < 200; ++id) {
    mover->give_way();
    ASSERT_TRUE((*writer)->begin());
    ASSERT_TRUE((*writer)->run(kPut, {id, large}));
    ASSERT_TRUE((*writer)->commit());
  }
  // However slow the disk: twice where it starts over, and a few transactions under way.
  EXPECT_LT(longest, 2 * 16384 + 1000);
  EXPECT_GE(longest, 1000);
  EXPECT_EQ(count(**writer), 200);
}

}  // namespace
}  // namespace assent::store
