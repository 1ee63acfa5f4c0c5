#include "store/verify/verify_causes.h"

#include "ledger/merkle.h"
#include "store/read.h"
#include "store/sqlite/sqlite_connection.h"

#include <gtest/gtest.h>

namespace assent::store {
namespace {

// A log of emitted events, and the few that are remembered of it.
class VerifyCausesTest : public testing::Test {
 protected:
  VerifyCausesTest() { CHECK(migrate(*connection_, sqlite_migrations()).has_value()); }

  EventId append(const std::optional<EventId>& cause = std::nullopt) {
    const EventId id = EventId::make(now_, random_);
    Event event{.type = "mail.send", .subject = "mail/1"};
    event.causation = cause;
    const auto bytes =
        entry_bytes(prepare(event, engine_actor(), tenant_, std::string(32, 'a'), id), size_, now_);
    const Hash leaf = ledger::hash_leaf(*bytes);
    CHECK(connection_
              ->run("INSERT INTO events (position, leaf, body) VALUES ($1, $2, $3)",
                    {position_of(tenant_.number, size_++), Bytes{as_bytes(leaf)}, Bytes{*bytes}})
              .has_value());
    causes_.add(id, size_ - 1, cause);
    return id;
  }
  std::optional<std::uint64_t> first_unknown() { return causes_.resolve(*connection_).value(); }

  const Tenant tenant_{.number = TenantNumber{1}, .name = "acme", .origin = "test.example/t/acme"};
  const Timestamp now_ = from_microseconds(1'700'000'000'000'000);
  SeededRandom random_{5};
  std::unique_ptr<Connection> connection_ = open_sqlite({.path = ":memory:"}).value();
  VerifyCauses causes_{TenantNumber{1}, {.places = 4, .waiting_max = 3}};
  std::uint64_t size_ = 0;
};

TEST_F(VerifyCausesTest, ACauseThatIsNotRememberedIsFoundInTheLog) {
  const EventId old = append();
  for (int i = 0; i < 9; ++i) append();
  append(old);
  append(old);
  EXPECT_FALSE(causes_.is_full());
  append(append(old));
  EXPECT_TRUE(causes_.is_full());
  EXPECT_FALSE(first_unknown());
  EXPECT_FALSE(causes_.is_full());
}

TEST_F(VerifyCausesTest, TheFirstOfThoseWithoutACauseIsNamed) {
  const EventId old = append();
  for (int i = 0; i < 9; ++i) append();
  append(old);
  append(EventId::make(now_, random_));
  append(EventId::make(now_, random_));
  EXPECT_EQ(first_unknown(), 11U);
  EXPECT_FALSE(first_unknown()) << "each is looked for once";
}

TEST_F(VerifyCausesTest, WhatCameLaterCausedNothingBefore) {
  const EventId later = EventId::make(now_, random_);
  append(later);
  EXPECT_EQ(first_unknown(), 0U);
}

}  // namespace
}  // namespace assent::store
