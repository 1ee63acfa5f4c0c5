// Reads of the log in dialects, and by types in any spelling.
#include "app/expire.h"
#include "app/testing.h"
#include "base/canonical.h"
#include "domain/dialect/dialect.h"

#include <gtest/gtest.h>

#include <future>

namespace assent::app {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kPolicy = R"(
version: 1
tools:
  - match: {tool: "fs.read"}
    decision: allow
    riskTier: low
  - match: {tool: "db.drop"}
    decision: reject
)";

class EventDialects : public testing::Test {
 protected:
  // Every way an approval goes that needs no patience, among events that no dialect shows.
  EventDialects() {
    world.put_policy(kPolicy);
    agent = world.make("agent", "robot", {"agent"});
    ann = world.make("human", "ann", {"approver"});
    world.request_tool(agent, "fs.read");
    world.request_tool(agent, "db.drop");
    const auto approved = world.request_tool(agent, "deploy").id();
    emit("request.created");  // As the kernel calls its requests.
    world.decide("approve", ann, approved);
    const auto started =
        world.call({.operation = "start_execution", .by = agent, .path = {{"id", approved}}});
    world.call({.operation = "complete_execution",
                .by = agent,
                .path = {{"id", started.at("executionId")}},
                .body = Json::object({{"outcome", "success"}})});
    const auto rejected = world.request_tool(agent, "deploy").id();
    world.decide("reject", ann, rejected, Json::object({{"rationale", "not today"}}));
    const auto expired = world.request_tool(agent, "deploy").id();
    world.clock.advance(std::chrono::hours(24 * 30));
    world.decide("approve", ann, expired);
    emit("content.publish");
    approval = approved;
  }

  void emit(std::string_view type) {
    const Json event = Json::object({{"type", type},
                                     {"target", Json::object({{"type", "post"}, {"id", "1"}})},
                                     {"outcome", "success"}});
    const Reply reply = world.call({.operation = "emit_events",
                                    .by = agent,
                                    .raw_body = json_text(event),
                                    .content_type = "application/json"});
    EXPECT_EQ(reply.outcome(), "ok");
  }

  Reply ask(Query query) {
    return world.call({.operation = "query_events", .by = world.admin, .query = std::move(query)});
  }
  // Every row, over pages of `limit`.
  std::vector<Json> rows(Query query, int limit = 1000) {
    std::vector<Json> all;
    query.emplace_back("limit", std::to_string(limit));
    for (Query page = query;;) {
      const Reply reply = ask(page);
      EXPECT_EQ(reply.outcome(), "ok");
      if (!reply.is_ok()) return all;
      EXPECT_LE(reply.data.items().size(), static_cast<std::size_t>(limit));
      for (const Json& row : reply.data.items()) all.push_back(row);
      if (!reply.next_cursor) return all;
      page = query;
      page.emplace_back("cursor", *reply.next_cursor);
    }
  }
  std::vector<std::string> names(const std::vector<Json>& rows, std::string_view member) {
    std::vector<std::string> all;
    for (const Json& row : rows) all.emplace_back(row.string_at(member).value_or("none"));
    return all;
  }

  World world;
  Person agent;
  Person ann;
  std::string approval;
};

// The rows of the dialect, made one by one from all events.
std::vector<Json> translated(Dialect dialect, const std::vector<Json>& events) {
  std::vector<Json> all;
  for (const Json& event : events) {
    const auto row = translate(dialect, stored_event_from(canonical_json(event)).value());
    if (row) all.push_back(*row);
  }
  return all;
}

TEST_F(EventDialects, EachReadsTheLogAsItsSystemWroteIt) {
  EXPECT_EQ(names(rows({{"dialect", "butlers"}}), "event_type"),
            (std::vector<std::string>{"action_queued", "action_auto_approved",  // fs.read
                                      "action_queued", "action_rejected",       // db.drop
                                      "action_queued", "action_approved",
                                      "action_execution_succeeded",        // deploy
                                      "action_queued", "action_rejected",  //
                                      "action_queued", "action_expired"}));
  EXPECT_EQ(names(rows({{"dialect", "kernel"}}), "eventName"),
            (std::vector<std::string>{"request.created", "request.created", "approval.rejected",
                                      "request.created", "approval.attempted", "approval.succeeded",
                                      "request.created", "approval.attempted", "approval.rejected",
                                      "request.created", "approval.attempted",
                                      "approval.blocked.expired"}));
}

TEST_F(EventDialects, PagesAddUpToTheWholeWhateverTheirSize) {
  const auto events = rows({});
  EXPECT_EQ(rows({{"dialect", "canonical"}}), events);
  for (const Dialect dialect : {Dialect::butlers, Dialect::kernel}) {
    const auto expected = translated(dialect, events);
    ASSERT_GT(expected.size(), 5u);
    for (const int limit : {1, 2, 3, 7, 1000}) {
      EXPECT_EQ(rows({{"dialect", std::string(word(dialect))}}, limit), expected) << limit;
    }
  }
}

TEST_F(EventDialects, AFilterMeansTheSameEventsInEverySpelling) {
  const auto requested = rows({{"type", "approval.requested"}});
  EXPECT_EQ(requested.size(), 5u);
  for (const char* spelling : {"ACTION_QUEUED", "action_queued", "Approval.Requested"}) {
    EXPECT_EQ(rows({{"type", spelling}}), requested) << spelling;
    for (const Dialect dialect : {Dialect::butlers, Dialect::kernel}) {
      EXPECT_EQ(rows({{"type", spelling}, {"dialect", std::string(word(dialect))}}, 2),
                translated(dialect, requested))
          << spelling;
    }
  }
  // An emitter may use the kernel's name for its own events: the name means both.
  EXPECT_EQ(
      names(rows({{"type", "request.created"}}), "type"),
      (std::vector<std::string>{"approval.requested", "approval.requested", "approval.requested",
                                "request.created", "approval.requested", "approval.requested"}));
  EXPECT_EQ(rows({{"type", "REQUEST.CREATED"}, {"dialect", "kernel"}}).size(), 5u);
  // One name, two types: the expiry is not called so.
  EXPECT_EQ(names(rows({{"type", "ACTION_AUTO_APPROVED"}}, 1), "type"),
            std::vector<std::string>{"approval.auto_approved"});
  EXPECT_EQ(names(rows({{"type", "action_expired"}}, 1), "type"),
            std::vector<std::string>{"approval.expired"});
  // What another dialect calls so has no row in this one.
  EXPECT_TRUE(rows({{"type", "approval.attempted"}, {"dialect", "butlers"}}).empty());
  EXPECT_EQ(rows({{"type", "content.publish"}}).size(), 1u);
  EXPECT_TRUE(rows({{"type", "content.unheard_of"}}).empty());
}

TEST_F(EventDialects, OtherFiltersHoldBesides) {
  const auto mine = rows({{"approvalId", approval}});
  EXPECT_EQ(rows({{"approvalId", approval}, {"dialect", "kernel"}}, 1),
            translated(Dialect::kernel, mine));
  const auto hers = rows({{"actor", ann.id}});
  EXPECT_EQ(rows({{"actor", ann.id}, {"dialect", "butlers"}}, 1),
            translated(Dialect::butlers, hers));
}

TEST_F(EventDialects, WhatIsMisspeltIsNamed) {
  const auto path_of = [&](Query query) {
    const Reply reply = ask(std::move(query));
    EXPECT_EQ(reply.outcome(), "validation_error");
    return reply.error && !reply.error->fields.empty() ? reply.error->fields.front().path : "";
  };
  EXPECT_EQ(path_of({{"dialect", "klingon"}}), "dialect");
  EXPECT_EQ(path_of({{"dialect", ""}}), "dialect");
  EXPECT_EQ(path_of({{"dialect", "BUTLERS"}}), "dialect");
  EXPECT_EQ(path_of({{"type", "action_qeued"}}), "type");
  EXPECT_EQ(path_of({{"type", "approval"}}), "type");
  const Reply reply = ask({{"dialect", "klingon"}});
  EXPECT_NE(reply.error->fields.front().message.find("canonical butlers kernel"), std::string::npos)
      << reply.error->fields.front().message;
}

TEST_F(EventDialects, ACursorIsOfOneDialect) {
  const Reply page = ask({{"dialect", "butlers"}, {"limit", "2"}});
  ASSERT_TRUE(page.next_cursor);
  EXPECT_EQ(ask({{"dialect", "kernel"}, {"cursor", *page.next_cursor}}).outcome(),
            "validation_error");
  EXPECT_EQ(ask({{"cursor", *page.next_cursor}}).outcome(), "validation_error");
}

TEST_F(EventDialects, ATrailAndOneEventTakeADialectToo) {
  const auto in = [&](std::string operation, std::string id, std::string dialect) {
    return world.call({.operation = std::move(operation),
                       .by = world.admin,
                       .path = {{"id", std::move(id)}},
                       .query = {{"dialect", std::move(dialect)}}});
  };
  const auto events = world.trail(approval);
  for (const Dialect dialect : {Dialect::butlers, Dialect::kernel}) {
    const Reply trail = in("approval_trail", approval, std::string(word(dialect)));
    ASSERT_EQ(trail.outcome(), "ok");
    EXPECT_EQ(trail.data.items(), translated(dialect, events));
  }
  const std::string requested(*events.front().string_at("id"));
  const Reply one = in("get_event", requested, "kernel");
  ASSERT_EQ(one.outcome(), "ok");
  EXPECT_EQ(one.at("eventName"), "request.created");
  EXPECT_EQ(in("get_event", requested, "canonical").data, events.front());
  EXPECT_EQ(in("get_event", "0", "kernel").outcome(), "not_found");  // The log's creation.
  EXPECT_EQ(in("get_event", requested, "klingon").outcome(), "validation_error");
  EXPECT_EQ(in("approval_trail", approval, "klingon").outcome(), "validation_error");
}

TEST_F(EventDialects, APageEndsEarlyWithACursorRatherThanReadTheWholeLog) {
  // Expiries are looked for under this name, and none of them is called so.
  constexpr int kExpiries = 2100;
  std::vector<std::future<Reply>> asked;
  for (int i = 0; i < kExpiries; ++i) {
    asked.push_back(
        world.start({.operation = "request_approval",
                     .by = agent,
                     .body = Json::object({{"kind", "tool_call"}, {"tool", "deploy"}})}));
  }
  for (auto& reply : asked) ASSERT_EQ(reply.get().outcome(), "ok");
  world.clock.advance(std::chrono::hours(24 * 30));
  std::promise<Result<void>> done;
  Caller engine;
  engine.tenant = world.store->identities()->tenants().front();
  ASSERT_TRUE(world.store->write(
      {.caller = std::move(engine),
       .trace = make_trace(world.random),
       .run = [](store::Write& write) { return expire_overdue(write, kExpiries); },
       .done = [&](Result<void> result) { done.set_value(std::move(result)); }}));
  ASSERT_TRUE(done.get_future().get());
  world.request_tool(agent, "fs.read");

  const Query query = {{"type", "action_auto_approved"}, {"dialect", "butlers"}, {"limit", "2"}};
  const Reply first = ask(query);
  EXPECT_EQ(first.data.items().size(), 1u) << "there is a second one, but it is far away";
  EXPECT_TRUE(first.next_cursor);
  EXPECT_EQ(rows({{"type", "action_auto_approved"}, {"dialect", "butlers"}}, 2).size(), 2u);
  EXPECT_EQ(rows({{"type", "action_expired"}}).size(), std::size_t{kExpiries} + 1);
}

}  // namespace
}  // namespace assent::app
