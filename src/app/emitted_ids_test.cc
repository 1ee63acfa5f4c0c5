// An event's id is one event's, whoever made it and however long ago.
#include "app/prune_state.h"
#include "app/testing.h"
#include "store/testing_writer.h"

#include <gtest/gtest.h>

#include <chrono>

namespace assent::app {
namespace {

using std::chrono::hours;
constexpr hours kDay{24};

class EmittedIds : public testing::Test {
 protected:
  EmittedIds() { agent = world.make("service", "publisher", {"agent"}); }

  static Json event(std::string_view type = "content.publish") {
    return Json::object({{"type", type},
                         {"target", Json::object({{"type", "post"}, {"id", "1"}})},
                         {"outcome", "success"},
                         {"metadata", Json::object({{"words", 7}})}});
  }
  static Json identified(std::string_view id, Json body = event()) { return body.set("id", id); }
  std::string new_id(Timestamp at) { return EventId::make(at, world.random).text(); }
  std::string new_id() { return new_id(world.clock.now()); }
  Ask asking(const Json& body) {
    return {.operation = "emit_events", .by = agent, .raw_body = json_text(body)};
  }
  Reply emit(const Json& body) { return world.call(asking(body)); }
  // "ok", or the code and the path.
  std::string outcome(const Json& body) {
    const Reply reply = emit(body);
    if (!reply.error || reply.error->fields.empty()) return reply.outcome();
    return reply.outcome() + " " + reply.error->fields.front().path;
  }
  void write(const std::function<Result<void>(store::Write&)>& run) {
    const auto tenant = *world.store->identities()->tenant("default");
    EXPECT_TRUE(store::write_and_wait(*world.store, store::engine_of(tenant), run));
  }
  void forget() { write(prune_task().run); }  // As the timer does.
  // As after the upgrade that began to remember ids: what was recorded so far is in the log alone.
  void remember_from_now_on() {
    const std::int64_t since = to_microseconds(world.clock.now() + kDay);
    write([since](store::Write& write) -> Result<void> {
      TRY(write.connection().run("DELETE FROM event_ids"));
      TRY(write.connection().run("UPDATE event_ids_since SET time = $1", {since}));
      return {};
    });
    world.restart();
  }
  void expect_a_retry(const Json& body, const Reply& first) {
    const std::uint64_t size = world.log_size();
    const Reply again = emit(body);
    EXPECT_EQ(again.outcome(), "ok") << (again.error ? again.error->detail : "");
    EXPECT_EQ(again.data, first.data);
    EXPECT_EQ(world.log_size(), size);
  }
  void expect_a_conflict(Json body) {
    const std::uint64_t size = world.log_size();
    EXPECT_EQ(outcome(body), "idempotency_conflict id");
    EXPECT_EQ(outcome(Json(Json::Array{event(), body})), "idempotency_conflict events[1].id");
    EXPECT_EQ(world.log_size(), size);
  }

  World world;
  Person agent;
};

TEST_F(EmittedIds, AnIdThatTheServerMadeIsOfThatEventAlone) {
  const Reply plain = emit(event());
  expect_a_conflict(identified(plain.id(), event("mail.send")));
  expect_a_retry(identified(plain.id()), plain);

  const Reply asked = world.request_tool(agent, "fs.delete");
  const Json governed = world.trail(asked.id()).front();
  ASSERT_EQ(governed.string_at("type"), "approval.requested");
  expect_a_conflict(identified(*governed.string_at("id")));
  world.clock.advance(400 * kDay);
  forget();
  expect_a_conflict(identified(*governed.string_at("id")));
  expect_a_conflict(identified(plain.id(), event("mail.send")));
  expect_a_retry(identified(plain.id()), plain);
}

TEST_F(EmittedIds, ARetryIsOneHoweverLateItComes) {
  const Json body = identified(new_id());
  const Reply first = emit(body);
  ASSERT_EQ(first.outcome(), "ok");
  Json other = body;
  other.set("metadata", Json::object({{"words", 8}}));
  for (const hours later : {hours(1), 6 * kDay, 2 * kDay, 4 * kDay, 1000 * kDay}) {
    world.clock.advance(later);
    forget();
    expect_a_retry(body, first);
    expect_a_conflict(other);
  }
  world.crash();
  expect_a_retry(body, first);
}

TEST_F(EmittedIds, AnIdMayClaimAnyTime) {
  for (const Timestamp at :
       {Timestamp(), world.clock.now() - 400 * kDay, world.clock.now() - 7 * kDay,
        world.clock.now() + 30 * kDay, from_microseconds(((std::int64_t{1} << 48) - 1) * 1000)}) {
    const Json body = identified(new_id(at));
    const Reply first = emit(body);
    ASSERT_EQ(first.outcome(), "ok");
    expect_a_retry(body, first);
    for (const hours later : {hours(1), 7 * kDay, 24 * kDay, 30 * kDay}) {
      world.clock.advance(later);
      forget();
      expect_a_retry(body, first);
      expect_a_conflict(identified(*body.string_at("id"), event("mail.send")));
    }
  }
}

TEST_F(EmittedIds, OfManyRequestsWithOneIdOneRecords) {
  for (const Timestamp at : {world.clock.now(), world.clock.now() - 400 * kDay}) {
    const Json body = identified(new_id(at));
    const std::uint64_t size = world.log_size();
    std::vector<std::future<Reply>> replies;
    for (int i = 0; i < 32; ++i) replies.push_back(world.start(asking(body)));
    for (auto& reply : replies) {
      EXPECT_EQ(reply.get().data.integer_at("sequence"), static_cast<std::int64_t>(size));
    }
    EXPECT_EQ(world.log_size(), size + 1);
  }
}

TEST_F(EmittedIds, AnIdTwiceInARequestIsOneEventOrAConflict) {
  for (const Timestamp at : {world.clock.now(), Timestamp()}) {
    const Json body = identified(new_id(at));
    const Reply both = emit(Json(Json::Array{body, body}));
    ASSERT_EQ(both.outcome(), "ok");
    EXPECT_EQ(both.data.find("events")->items()[0], both.data.find("events")->items()[1]);
    const std::string id = new_id(at);
    EXPECT_EQ(outcome(Json(Json::Array{identified(id), identified(id, event("mail.send"))})),
              "idempotency_conflict events[1].id");
    EXPECT_EQ(outcome(identified(id, event("mail.send"))), "ok") << "nothing of it was recorded";
  }
}

TEST_F(EmittedIds, AfterACrashTheSameEventIsKnown) {
  const Json young = identified(new_id());
  const Json old = identified(new_id(Timestamp()));
  const Reply first = emit(young);
  const Reply second = emit(old);
  world.crash();
  expect_a_retry(young, first);
  expect_a_retry(old, second);
}

// What an event of before the upgrade said is in the log, and nowhere else.
TEST_F(EmittedIds, WhatWasRecordedBeforeIdsWereRememberedIsKnown) {
  const Json body = identified(new_id());
  const Reply first = emit(body);
  remember_from_now_on();
  expect_a_retry(body, first);
  expect_a_conflict(identified(*body.string_at("id"), event("mail.send")));
  EXPECT_EQ(outcome(identified(new_id())), "ok");
}

TEST_F(EmittedIds, WhatAClockThatIsAheadSentBeforeIdsWereRememberedIsKnown) {
  const Json body = identified(new_id(world.clock.now() + 30 * kDay));
  const Reply first = emit(body);
  remember_from_now_on();
  expect_a_retry(body, first);
  world.clock.advance(hours(22));
  expect_a_retry(body, first);
}

TEST_F(EmittedIds, WhatIsRecordedIsComparedAsideAndWithinBounds) {
  Json large = identified(new_id());
  large.set("metadata", Json::object({{"note", std::string(60'000, 'n')}}));
  const Reply first = emit(large);
  ASSERT_EQ(first.outcome(), "ok");
  expect_a_retry(large, first);
  Json small = large;
  small.set("metadata", Json::object({{"note", "***REDACTED***"}}));
  const Json fifty{Json::Array(50, small)};
  EXPECT_EQ(outcome(fifty), "ok");
  EXPECT_EQ(outcome(Json(Json::Array(100, small))), "too_large events");
  Json other = small;
  other.set("metadata", Json::object({{"note", "something else"}}));
  EXPECT_EQ(outcome(Json(Json::Array{small, event(), other})), "idempotency_conflict events[2].id");

  // Of what is first in the request itself the same holds.
  Json::Array within(100, small.set("id", new_id()));
  within.front() = Json(large).set("id", *small.string_at("id"));
  const std::uint64_t size = world.log_size();
  EXPECT_EQ(outcome(Json(within)), "too_large events");
  within.resize(50);
  EXPECT_EQ(outcome(Json(within)), "ok");
  EXPECT_EQ(world.log_size(), size + 1);
  EXPECT_EQ(outcome(Json(within)), "ok");
  EXPECT_EQ(world.log_size(), size + 1);
}

TEST_F(EmittedIds, WhateverAnEmitterSaysMakesAnotherEvent) {
  Json body = identified(new_id());
  body.set("actor", Json::object({{"type", "agent"}, {"id", "a"}}));
  body.set("correlationId", "flow").set("occurredAt", "2026-01-02T03:04:05Z");
  body.set("proof", Json::object({{"type", "api_response"}, {"data", Json::object({{"n", 1}})}}));
  const Reply first = emit(body);
  ASSERT_EQ(first.outcome(), "ok");
  const Reply cause = emit(event());
  for (const auto& [name, value] : Json::Object{
           {"type", "a.b"},
           {"target", Json::object({{"type", "post"}, {"id", "2"}})},
           {"outcome", "failure"},
           {"actor", Json::object({{"type", "agent"}, {"id", "b"}})},
           {"proof", Json::object({{"type", "api_response"}, {"data", Json::object({{"n", 2}})}})},
           {"metadata", Json::object({})},
           {"occurredAt", "2026-01-02T03:04:06Z"},
           {"correlationId", "flux"},
           {"causationId", cause.id()},
           {"producer", Json::object({{"id", "p"}, {"sequence", 1}})}}) {
    Json other = body;
    other.set(name, value);
    EXPECT_EQ(outcome(other), "idempotency_conflict id") << name;
  }
  for (const std::string left_out : {"actor", "proof", "metadata", "occurredAt", "correlationId"}) {
    Json other = body;
    std::erase_if(other.members(), [&](const auto& member) { return member.first == left_out; });
    EXPECT_EQ(outcome(other), "idempotency_conflict id") << left_out;
  }
  expect_a_retry(body, first);
}

TEST_F(EmittedIds, WhoeverBringsItAgainItIsTheSameEvent) {
  Json body = identified(new_id());
  const Reply first = emit(body);
  Json acted = identified(new_id());
  acted.set("actor", Json::object({{"type", "agent"}, {"id", "a"}}));
  const Reply second = emit(acted);
  Json numbered = identified(new_id());
  numbered.set("producer", Json::object({{"id", "mailer"}, {"sequence", 1}}));
  const Reply third = emit(numbered);
  agent = world.make("service", "another", {"agent", "requester"});
  expect_a_retry(body, first);
  expect_a_retry(acted, second);
  expect_a_retry(numbered, third);
}

// Whose the producer is the server says; an event of before it did is the same without it.
TEST_F(EmittedIds, WhoseTheProducerIsMakesNoOtherEvent) {
  Json body = identified(new_id());
  body.set("producer", Json::object({{"id", "mailer"}, {"sequence", 1}}));
  const Reply first = emit(body);
  ASSERT_EQ(first.outcome(), "ok");
  agent = world.make("service", "another", {"agent"});
  expect_a_retry(body, first);
  Json other = body;
  other.set("producer", Json::object({{"id", "mailer"}, {"sequence", 2}}));
  expect_a_conflict(other);
}

TEST_F(EmittedIds, AClockThatWasSetBackForgetsNothing) {
  const Json body = identified(new_id());
  const Reply first = emit(body);
  ASSERT_EQ(first.outcome(), "ok");
  world.clock.advance(30 * kDay);
  ASSERT_EQ(outcome(event()), "ok");
  forget();
  world.clock.advance(-29 * kDay);
  expect_a_retry(body, first);
  world.restart();
  expect_a_retry(body, first);
}

TEST_F(EmittedIds, WhatThePolicyCallsASecretByNowChangesNoEvent) {
  const auto with_pin = [&](std::string_view id, Json pin, std::string_view note) {
    Json body = identified(id);
    return body.set("metadata", Json::object({{"note", note}, {"pin", std::move(pin)}}));
  };
  const std::string before = new_id();
  const std::string note = "pin=1234, said the caller";
  const Reply open = emit(with_pin(before, 1234, note));
  ASSERT_EQ(open.outcome(), "ok");
  world.put_policy("version: 1\nredaction: {keys: [pin]}");
  expect_a_retry(with_pin(before, 1234, note), open);
  expect_a_conflict(with_pin(before, 1234, "another note"));

  const std::string between = new_id();
  const Reply closed = emit(with_pin(between, Json::object({{"a", 1}}), note));
  ASSERT_EQ(closed.outcome(), "ok");
  world.put_policy("version: 1");
  expect_a_retry(with_pin(between, Json::object({{"a", 1}}), note), closed);
  expect_a_retry(with_pin(before, 1234, note), open);
  expect_a_conflict(with_pin(between, 1, "another note"));
}

TEST_F(EmittedIds, WhoBringsAnothersEventFindsOutNothingWithMarkers) {
  Json body = identified(new_id());
  body.set("metadata", Json::object({{"iban", "DE893704"}, {"password", "hunter2"}}));
  const Reply first = emit(body);
  ASSERT_EQ(first.outcome(), "ok");
  const auto guess = [&](Json iban, Json password) {
    Json other = body;
    return other.set("metadata",
                     Json::object({{"iban", std::move(iban)}, {"password", std::move(password)}}));
  };
  expect_a_retry(guess("DE8***REDACTED***", "hunter2"), first);
  agent = world.make("service", "another", {"agent"});
  expect_a_conflict(guess("DE8***REDACTED***", "hunter2"));
  expect_a_conflict(guess("***REDACTED***", "hunter2"));
  expect_a_conflict(guess("DE893704", Json::object({{"a", "***REDACTED***"}}))
                        .set("target", Json::object({{"type", "post"}, {"id", "***REDACTED***"}})));
  expect_a_retry(body, first);
  expect_a_retry(guess("DE893704", "***REDACTED***"), first);
}

TEST_F(EmittedIds, AnIdIsTheTenantsOwn) {
  const std::string id = new_id();
  ASSERT_EQ(outcome(identified(id)), "ok");
  const Reply server_made = emit(event());
  const Reply globex = world.call({.operation = "create_tenant",
                                   .by = world.admin,
                                   .body = Json::object({{"name", "globex"}})});
  agent = {.id = {}, .key = globex.at("adminKey")};
  EXPECT_EQ(outcome(identified(id, event("mail.send"))), "ok");
  EXPECT_EQ(outcome(identified(server_made.id(), event("mail.send"))), "ok");
}

}  // namespace
}  // namespace assent::app
