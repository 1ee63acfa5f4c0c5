#include "store/verify/verify_ids.h"

#include "domain/event.h"
#include "ledger/merkle.h"
#include "store/read.h"
#include "store/sqlite/sqlite_connection.h"

#include <gtest/gtest.h>

#include <chrono>

namespace assent::store {
namespace {

constexpr VerifyIds::Limits kFew{.window = 8, .waiting_max = 4};

// A log of emitted events, and few that fit into what is remembered of it.
class VerifyIdsTest : public testing::Test {
 protected:
  VerifyIdsTest() { CHECK(migrate(*connection_, sqlite_migrations()).has_value()); }

  EventId append(const EventId& id) {
    const auto bytes = entry_bytes(prepare({.type = "mail.send", .subject = "mail/1"},
                                           engine_actor(), tenant_, std::string(32, 'a'), id),
                                   size_, now_);
    const Hash leaf = ledger::hash_leaf(*bytes);
    CHECK(connection_
              ->run("INSERT INTO events (position, leaf, body) VALUES ($1, $2, $3)",
                    {position_of(tenant_.number, size_++), Bytes{as_bytes(leaf)}, Bytes{*bytes}})
              .has_value());
    ids_->add(id, size_ - 1);
    if (ids_->is_due() && !first_) first_ = first_repeated();
    return id;
  }
  EventId append() {
    now_ += std::chrono::milliseconds(1);
    return append(make_event_id(now_, random_));
  }
  void append_many(int count) {
    for (int i = 0; i < count; ++i) append();
  }
  std::optional<std::uint64_t> first_repeated() {
    if (first_) return first_;
    return ids_->resolve(*connection_).value();
  }

  const Tenant tenant_{.number = TenantNumber{1}, .name = "acme", .origin = "test.example/t/acme"};
  Timestamp now_ = from_microseconds(1'700'000'000'000'000);
  SeededRandom random_{5};
  std::unique_ptr<Connection> connection_ = open_sqlite({.path = ":memory:"}).value();
  std::optional<VerifyIds> ids_{VerifyIds(TenantNumber{1}, kFew)};
  std::uint64_t size_ = 0;
  std::optional<std::uint64_t> first_;
};

TEST_F(VerifyIdsTest, ALogWhoseEventsAllHaveTheirOwnIsGood) {
  append_many(100);
  for (int i = 0; i < 30; ++i) append(make_event_id(Timestamp(), random_));  // As imported ones.
  for (int i = 0; i < 30; ++i) append(make_event_id(now_ + std::chrono::hours(24), random_));
  append_many(100);
  EXPECT_FALSE(first_repeated());
}

TEST_F(VerifyIdsTest, ASecondOneIsNamedHoweverFarFromTheFirst) {
  for (const int apart : {0, 1, 7, 8, 15, 16, 17, 1000}) {
    ids_.emplace(tenant_.number, kFew);
    first_.reset();
    ASSERT_TRUE(connection_->script("DROP TRIGGER IF EXISTS events_are_never_deleted"));
    ASSERT_TRUE(connection_->run("DELETE FROM events"));
    size_ = 0;
    append_many(20);
    const EventId id = append();
    append_many(apart);
    append(id);
    const std::uint64_t second = size_ - 1;
    append_many(20);
    EXPECT_EQ(first_repeated(), second) << apart;
  }
}

TEST_F(VerifyIdsTest, OfSeveralTheFirstIsNamed) {
  const EventId early = append();
  append_many(100);
  append(early);
  append(early);
  EXPECT_EQ(first_repeated(), 101U);
}

TEST_F(VerifyIdsTest, OldIdsThatComeTwiceAreFoundToo) {
  append_many(100);
  const EventId old = append(make_event_id(Timestamp(), random_));
  for (int i = 0; i < 9; ++i) append(make_event_id(Timestamp(), random_));
  append(old);
  EXPECT_EQ(first_repeated(), 110U);
}

TEST_F(VerifyIdsTest, IdsOfTheFutureAreFoundToo) {
  const EventId ahead = append(make_event_id(now_ + std::chrono::hours(24), random_));
  append_many(100);
  append(ahead);
  EXPECT_EQ(first_repeated(), 101U);
}

}  // namespace
}  // namespace assent::store
