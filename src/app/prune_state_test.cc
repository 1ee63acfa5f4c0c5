#include "app/prune_state.h"

#include "app/testing.h"
#include "base/testing_wait.h"

#include <gtest/gtest.h>

namespace assent::app {
namespace {

using std::chrono::hours;

class Prune : public testing::Test {
 protected:
  Prune() {
    world.put_policy(R"(version: 1
defaults: {riskTier: medium}
tools: [{match: {tool: "fs.*"}, decision: allow, riskTier: low}]
)");
    agent = world.make("agent", "robot", {"agent"});
    ann = world.make("human", "ann", {"approver"});
  }
  Reply prune(const Person& by, Json body = Json::object({{"approvalsOlderThan", "90d"},
                                                          {"rulesOlderThan", "180d"}})) {
    return world.call({.operation = "prune_state", .by = by, .body = std::move(body)});
  }
  std::string rejected(Json more = Json::object()) {
    Json body = Json::object({{"kind", "tool_call"}, {"tool", "deploy"}});
    for (auto& [name, value] : more.members()) body.set(name, value);
    const std::string id = world.request(agent, std::move(body)).id();
    EXPECT_EQ(world.decide("reject", ann, id, because("no")).outcome(), "ok");
    return id;
  }
  std::int64_t count(const Reply& reply, std::string_view what) {
    return reply.data.integer_at(what).value_or(-1);
  }

  World world;
  Person agent, ann;
};

TEST_F(Prune, H64_WhatIsOverGoesFromTheStateAndStaysInTheLog) {
  const std::string id = rejected();
  const auto before = world.trail(id);
  const Timestamp decided = world.clock.now();
  world.clock.set(decided + hours(90 * 24));
  EXPECT_EQ(count(prune(world.admin), "approvals"), 0) << "ninety days exactly";
  world.clock.advance(Microseconds(1));
  EXPECT_EQ(count(prune(world.admin), "approvals"), 1);
  EXPECT_EQ(world.show(id).outcome(), "not_found");
  EXPECT_EQ(world.trail(id), before) << "byte for byte";
  world.restart();
  EXPECT_EQ(world.trail(id), before);
  EXPECT_EQ(count(prune(world.admin), "approvals"), 0);
}

TEST_F(Prune, H64_WhatIsOpenNeverGoes) {
  const std::string pending =
      world.request(agent, Json::object({{"kind", "tool_call"}, {"tool", "deploy"}})).id();
  const std::string approved = world.request_tool(agent, "fs.read").id();
  const Reply started =
      world.decide("start_execution", agent, world.request_tool(agent, "fs.write").id());
  ASSERT_EQ(started.outcome(), "ok");
  EXPECT_EQ(world
                .decide("complete_execution", agent, started.at("executionId"),
                        Json::object({{"outcome", "unknown"}}))
                .outcome(),
            "ok");
  world.clock.advance(hours(400 * 24));
  EXPECT_EQ(count(prune(world.admin), "approvals"), 0) << "overdue, but nobody observed it";
  EXPECT_EQ(world.show(pending).at("status"), "expired");
  EXPECT_EQ(world.show(approved).outcome(), "ok");
}

TEST_F(Prune, H59_WhatStillStandsForItsKeyIsKept) {
  const std::string id = rejected(Json::object({{"deduplicationKey", "nightly"}}));
  world.clock.advance(hours(400 * 24));
  EXPECT_EQ(count(prune(world.admin), "approvals"), 0);
  EXPECT_EQ(world
                .request(agent, Json::object({{"kind", "tool_call"},
                                              {"tool", "deploy"},
                                              {"deduplicationKey", "nightly"}}))
                .id(),
            id);
}

TEST_F(Prune, H64_ADryRunCountsAndChangesNothing) {
  const std::string id = rejected();
  world.clock.advance(hours(91 * 24));
  const auto before = world.log_size();
  const Reply dry =
      prune(world.admin, Json::object({{"approvalsOlderThan", "90d"}, {"dryRun", true}}));
  EXPECT_EQ(count(dry, "approvals"), 1);
  EXPECT_EQ(world.log_size(), before);
  EXPECT_EQ(world.show(id).outcome(), "ok");
}

TEST_F(Prune, H64_OnlyAnAdminForgetsAndNothingYoungerThanADay) {
  EXPECT_EQ(prune(agent).outcome(), "insufficient_permissions");
  EXPECT_EQ(prune(ann).outcome(), "insufficient_permissions");
  for (const std::string_view age : {"23h", "0d", "yesterday", "-1d"}) {
    const Reply reply = prune(world.admin, Json::object({{"approvalsOlderThan", age}}));
    ASSERT_TRUE(reply.error) << age;
    EXPECT_EQ(reply.error->fields.front().path, "approvalsOlderThan");
  }
}

TEST_F(Prune, RulesThatAreOverGoAndThoseInUseStay) {
  const auto rule = [&](std::string_view to, Json more) {
    Json body = Json::object({{"tool", "deploy"}});
    body.set("constraints",
             Json::object({{"to", Json::object({{"type", "exact"}, {"value", to}})}}));
    for (auto& [name, value] : more.members()) body.set(name, value);
    return world.call({.operation = "create_rule", .by = ann, .body = std::move(body)}).id();
  };
  const std::string kept = rule("a", Json::object());
  const std::string revoked = rule("b", Json::object());
  rule("c", Json::object({{"expiresAt", to_rfc3339(world.clock.now() + hours(24))}}));
  rule("d", Json::object({{"maxUses", 1}}));
  EXPECT_EQ(world.request_tool(agent, "deploy", Json::object({{"to", "d"}})).at("status"),
            "approved");
  world.call({.operation = "revoke_rule", .by = ann, .path = {{"id", revoked}}});
  world.clock.advance(hours(182 * 24));
  EXPECT_EQ(count(prune(world.admin), "rules"), 3);
  EXPECT_EQ(world.call({.operation = "get_rule", .by = ann, .path = {{"id", kept}}}).outcome(),
            "ok");
  EXPECT_EQ(world.call({.operation = "get_rule", .by = ann, .path = {{"id", revoked}}}).outcome(),
            "not_found");
}

TEST_F(Prune, ThePolicysAgesAreTheDefaultAndMoreThanOneCallTakesIsSaid) {
  for (int i = 0; i < 201; ++i) rejected();
  world.clock.advance(hours(31 * 24));
  EXPECT_EQ(count(prune(world.admin, Json::object()), "approvals"), 0) << "the policy says nothing";
  world.put_policy("version: 1\nretention: {approvals: 30d}");
  const Reply first = prune(world.admin, Json::object());
  EXPECT_EQ(count(first, "approvals"), 200);
  EXPECT_EQ(*first.data.find("hasMore"), Json(true));
  const Reply rest = prune(world.admin, Json::object());
  EXPECT_EQ(count(rest, "approvals"), 1);
  EXPECT_EQ(*rest.data.find("hasMore"), Json(false));
}

TEST_F(Prune, H64_TheTimerForgetsWhatThePolicySays) {
  world.put_policy("version: 1\nretention: {approvals: 30d}");
  const std::string id = rejected();
  world.clock.advance(hours(31 * 24));
  const TenantTimer timer(*world.store, prune_task());
  EXPECT_TRUE(eventually([&] { return !world.show(id).is_ok(); }));
  EXPECT_EQ(world.show(id).outcome(), "not_found");
}

TEST_F(Prune, H57_AForeignTrailIsStillNotFound) {
  const std::string id = rejected();
  world.clock.advance(hours(91 * 24));
  prune(world.admin);
  const Reply made = world.call(
      {.operation = "create_tenant", .by = world.admin, .body = Json::object({{"name", "there"}})});
  const Person there{.id = {}, .key = made.at("adminKey")};
  EXPECT_EQ(
      world.call({.operation = "approval_trail", .by = there, .path = {{"id", id}}}).outcome(),
      "not_found");
  EXPECT_EQ(count(prune(there), "approvals"), 0);
}

}  // namespace
}  // namespace assent::app
