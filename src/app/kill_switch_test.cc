#include "app/testing.h"

#include <gtest/gtest.h>

namespace assent::app {
namespace {

class KillSwitches : public testing::Test {
 protected:
  KillSwitches() {
    world.put_policy(
        "version: 1\ntools: [{match: {tool: 'fs.*'}, decision: allow, riskTier: low}]");
    agent = world.make("agent", "robot", {"agent"});
    ann = world.make("human", "ann", {"approver"});
    pat = world.make("human", "pat", {"policy_admin"});
  }
  Reply engage(const Person& by, std::string_view scope,
               std::optional<std::string> tool = std::nullopt) {
    Json body = Json::object({{"scope", scope}, {"reason", "something is wrong"}});
    body.set_if("tool", tool);
    return world.call({.operation = "engage_kill_switch", .by = by, .body = std::move(body)});
  }
  Reply release(const Person& by, const std::string& id) {
    return world.call({.operation = "release_kill_switch",
                       .by = by,
                       .path = {{"id", id}},
                       .body = Json::object({{"reason", "it was nothing"}})});
  }
  Reply start(const std::string& approval) {
    return world.decide("start_execution", agent, approval);
  }

  World world;
  Person agent, ann, pat;
};

TEST_F(KillSwitches, H50_EngagedBetweenDecisionAndStartItBlocksTheStart) {
  const Reply asked = world.request_tool(agent, "deploy");
  ASSERT_EQ(world.decide("approve", ann, asked.id()).outcome(), "ok");
  const Reply engaged = engage(pat, "tenant");
  ASSERT_EQ(engaged.outcome(), "ok") << (engaged.error ? engaged.error->detail : "");
  EXPECT_EQ(start(asked.id()).outcome(), "KILL_SWITCH");
  EXPECT_EQ(world.trail_types(asked.id()).back(), "grant.refused");
  world.restart();
  EXPECT_EQ(start(asked.id()).outcome(), "KILL_SWITCH");
  ASSERT_EQ(release(pat, engaged.id()).outcome(), "ok");
  EXPECT_EQ(start(asked.id()).outcome(), "ok") << "the grant was not used up";
}

TEST_F(KillSwitches, H50_EngagedAfterTheStartItDoesNotFalsifyTheRecord) {
  const Reply asked = world.request_tool(agent, "fs.read");
  const Reply started = start(asked.id());
  ASSERT_EQ(started.outcome(), "ok");
  engage(pat, "tenant");
  const Reply done = world.decide("complete_execution", agent, started.at("executionId"),
                                  Json::object({{"outcome", "success"}}));
  EXPECT_EQ(done.at("status"), "executed");
}

TEST_F(KillSwitches, NothingIsApprovedWhileOneIsEngagedAndEverythingMayBeRefused) {
  const Reply asked = world.request_tool(agent, "deploy");
  engage(pat, "tool", "deploy");
  EXPECT_EQ(world.decide("approve", ann, asked.id()).outcome(), "KILL_SWITCH");
  EXPECT_EQ(world.trail_types(asked.id()).back(), "approval.blocked.kill_switch");
  EXPECT_EQ(world.decide("reject", ann, asked.id(), Json::object({{"rationale", "no"}})).outcome(),
            "ok");
}

TEST_F(KillSwitches, WhatThePolicyOrARuleWouldAllowWaitsAndSaysWhy) {
  const Reply engaged = engage(pat, "tool", "fs.*");
  const Reply asked = world.request_tool(agent, "fs.read");
  EXPECT_EQ(asked.at("status"), "pending");
  EXPECT_NE(asked.at("why").find(engaged.id()), std::string::npos) << asked.at("why");
  EXPECT_EQ(world.request_tool(agent, "deploy").at("status"), "pending");
  ASSERT_EQ(release(pat, engaged.id()).outcome(), "ok");
  EXPECT_EQ(world.request_tool(agent, "fs.read").at("status"), "approved");
}

TEST_F(KillSwitches, AToolsSwitchStopsThatToolOnly) {
  const Reply one = world.request_tool(agent, "fs.read");
  const Reply other = world.request_tool(agent, "fs.write");
  engage(pat, "tool", "*.read");
  EXPECT_EQ(start(one.id()).outcome(), "KILL_SWITCH");
  EXPECT_EQ(start(other.id()).outcome(), "ok");
}

TEST_F(KillSwitches, AGlobalOneIsTheOperatorsAndStopsEveryTenantNewOnesToo) {
  const auto found = [&](std::string_view name) {
    const Reply made = world.call(
        {.operation = "create_tenant", .by = world.admin, .body = Json::object({{"name", name}})});
    return Person{.id = {}, .key = made.at("adminKey")};
  };
  const Person there = found("there");
  EXPECT_EQ(engage(pat, "global").outcome(), "insufficient_permissions");
  const Reply engaged = engage(world.admin, "global");
  ASSERT_EQ(engaged.outcome(), "ok");
  const Person later = found("later");
  for (const Person& admin : {there, later}) {
    const Reply asked = world.request_tool(admin, "x");
    EXPECT_NE(asked.at("why").find(engaged.id()), std::string::npos) << asked.at("why");
    EXPECT_EQ(release(admin, engaged.id()).outcome(), "insufficient_permissions");
  }
  ASSERT_EQ(release(world.admin, engaged.id()).outcome(), "ok");
  for (const Person& admin : {there, later}) {
    EXPECT_EQ(world.request_tool(admin, "x").at("why").find(engaged.id()), std::string::npos);
  }
}

TEST_F(KillSwitches, ATenantsOwnStopsNobodyElse) {
  const Reply made = world.call(
      {.operation = "create_tenant", .by = world.admin, .body = Json::object({{"name", "there"}})});
  const Person there{.id = {}, .key = made.at("adminKey")};
  const Reply engaged = engage(there, "tenant");
  ASSERT_EQ(engaged.outcome(), "ok");
  EXPECT_EQ(world.request_tool(agent, "fs.read").at("status"), "approved");
  EXPECT_EQ(release(pat, engaged.id()).outcome(), "not_found");
}

TEST_F(KillSwitches, AServiceMayEngageAndOnlyAPersonReleases) {
  const Person breaker = world.make("service", "breaker", {"admin"});
  const Reply engaged = engage(breaker, "tenant");
  ASSERT_EQ(engaged.outcome(), "ok");
  EXPECT_EQ(release(breaker, engaged.id()).outcome(), "HUMAN_ACTOR_REQUIRED");
  EXPECT_EQ(release(pat, engaged.id()).outcome(), "ok");
  EXPECT_EQ(release(pat, engaged.id()).outcome(), "invalid_state");
}

TEST_F(KillSwitches, NothingStartsAfterItInTheLogHoweverManyTry) {
  std::vector<std::string> approvals;
  for (int i = 0; i < 40; ++i) approvals.push_back(world.request_tool(agent, "fs.read").id());
  std::vector<std::future<Reply>> calls;
  for (const std::string& id : approvals) {
    if (calls.size() == 20) {
      calls.push_back(
          world.start({.operation = "engage_kill_switch",
                       .by = pat,
                       .body = Json::object({{"scope", "tenant"}, {"reason", "stop"}})}));
    }
    calls.push_back(
        world.start({.operation = "start_execution", .by = agent, .path = {{"id", id}}}));
  }
  for (auto& call : calls) call.get();
  const Reply events =
      world.call({.operation = "query_events", .by = pat, .query = {{"limit", "1000"}}});
  bool is_engaged = false;
  for (const Json& event : events.data.items()) {
    is_engaged = is_engaged || event.string_at("type") == "killswitch.engaged";
    if (is_engaged) {
      EXPECT_NE(event.string_at("type"), "execution.started");
    }
  }
  EXPECT_TRUE(is_engaged);
}

TEST_F(KillSwitches, SaysWhatIsMissing) {
  EXPECT_EQ(engage(pat, "tool").outcome(), "validation_error");
  EXPECT_EQ(engage(pat, "tenant", "x").outcome(), "validation_error");
  EXPECT_EQ(engage(pat, "everything").outcome(), "validation_error");
  EXPECT_EQ(engage(agent, "tenant").outcome(), "insufficient_permissions");
  const Reply blank = world.call({.operation = "engage_kill_switch",
                                  .by = pat,
                                  .body = Json::object({{"scope", "tenant"}, {"reason", " "}})});
  EXPECT_EQ(blank.outcome(), "validation_error");
}

}  // namespace
}  // namespace assent::app
