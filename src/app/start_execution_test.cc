#include "app/expire.h"
#include "app/testing.h"
#include "base/testing_wait.h"

#include <gtest/gtest.h>

#include <map>

namespace assent::app {
namespace {

using Types = std::vector<std::string>;

class Execute : public testing::Test {
 protected:
  Execute() {
    agent = world.make("agent", "robot", {"agent"});
    ann = world.make("human", "ann", {"approver"});
  }

  std::string approved() {
    const auto id = world.request_tool(agent, "fs.delete", Json::object({{"path", "/srv/a"}})).id();
    EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ok");
    return id;
  }
  Reply start(const std::string& id) { return world.decide("start_execution", agent, id); }
  Reply complete(const Reply& started, std::string_view outcome) {
    return world.decide("complete_execution", agent, started.at("executionId"),
                        Json::object({{"outcome", outcome}}));
  }

  World world;
  Person agent, ann;
};

TEST_F(Execute, AnApprovedCallRunsOnceAndItsTrailSaysEverything) {
  const auto id = approved();
  const Reply started = start(id);
  ASSERT_EQ(started.outcome(), "ok");
  ASSERT_EQ(complete(started, "success").at("status"), "executed");
  EXPECT_EQ(start(id).outcome(), "ALREADY_CONSUMED");
  EXPECT_EQ(world.trail_types(id),
            (Types{"approval.requested", "approval.attempted", "approval.succeeded", "grant.issued",
                   "grant.consumed", "execution.started", "execution.succeeded", "grant.refused"}));
}

TEST_F(Execute, AHundredConcurrentStartsHaveOneWinner) {
  const auto id = approved();
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(
        world.start({.operation = "start_execution", .by = agent, .path = {{"id", id}}}));
  }
  std::map<std::string, int> outcomes;
  for (auto& call : calls) ++outcomes[call.get().outcome()];
  EXPECT_EQ(outcomes["ok"], 1);
  EXPECT_EQ(outcomes["ALREADY_CONSUMED"], 99);
}

TEST_F(Execute, WhatIsNotApprovedCannotStart) {
  const auto pending = world.request_tool(agent, "fs.delete").id();
  const std::uint64_t before = world.log_size();
  EXPECT_EQ(start(pending).outcome(), "invalid_state");
  EXPECT_EQ(world.log_size(), before);
  ASSERT_EQ(world.decide("reject", ann, pending, because()).outcome(), "ok");
  EXPECT_EQ(start(pending).outcome(), "invalid_state");
}

TEST_F(Execute, OnlyTheRequesterStartsAndOnlyWhoStartedCompletes) {
  const auto id = approved();
  const Person other = world.make("agent", "other", {"agent"});
  EXPECT_EQ(world.decide("start_execution", other, id).outcome(), "insufficient_permissions");
  const Reply started = start(id);
  EXPECT_EQ(world
                .decide("complete_execution", other, started.at("executionId"),
                        Json::object({{"outcome", "success"}}))
                .outcome(),
            "insufficient_permissions");
  EXPECT_EQ(complete(started, "success").outcome(), "ok");
  EXPECT_EQ(complete(started, "failure").outcome(), "invalid_state");
}

TEST_F(Execute, OtherContentThanWasApprovedDoesNotRun) {
  const auto id = approved();
  const Reply reply =
      world.decide("start_execution", agent, id,
                   Json::object({{"contentHash", "sha256:" + std::string(64, '0')}}));
  EXPECT_TRUE(reply.refused.has_value());
  EXPECT_EQ(start(id).outcome(), "ok") << "the grant is not spent by a refusal";
}

TEST_F(Execute, ADefiniteFailureMayBeTriedAgainUpToTheCapAndNothingElse) {
  const auto id = approved();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const Reply started = start(id);
    ASSERT_EQ(started.outcome(), "ok");
    EXPECT_EQ(started.data.integer_at("attempt"), attempt);
    EXPECT_EQ(start(id).outcome(), "ALREADY_CONSUMED") << "while one is running";
    EXPECT_EQ(complete(started, "failure").at("status"), "approved");
  }
  EXPECT_EQ(start(id).outcome(), "ALREADY_CONSUMED");
  const auto unknown = approved();
  EXPECT_EQ(complete(start(unknown), "unknown").at("status"), "unknown");
  EXPECT_EQ(start(unknown).outcome(), "ALREADY_CONSUMED") << "unknown is never retried by itself";
}

TEST_F(Execute, AGrantNotUsedInTimeIsVoid) {
  const auto id = approved();
  world.clock.advance(std::chrono::hours(24));
  world.clock.advance(Microseconds(1));
  EXPECT_EQ(start(id).outcome(), "EXPIRED");
  EXPECT_EQ(start(id).outcome(), "EXPIRED");
  const Types types = world.trail_types(id);
  EXPECT_EQ(std::ranges::count(types, "grant.expired"), 1);
  EXPECT_EQ(std::ranges::count(types, "grant.refused"), 2);
}

TEST_F(Execute, AnOversizedResultIsRefusedAndTheExecutionStaysOpen) {
  const Reply started = start(approved());
  const Reply large =
      world.decide("complete_execution", agent, started.at("executionId"),
                   Json::object({{"outcome", "success"}, {"result", std::string(40'000, 'x')}}));
  EXPECT_EQ(large.outcome(), "too_large");
  EXPECT_EQ(complete(started, "success").outcome(), "ok");
}

TEST_F(Execute, H35_TheTimerExpiresExactlyOnceAndSurvivesARestart) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(world.request_tool(agent, "fs.delete").id());
  world.restart();
  world.clock.advance(std::chrono::hours(49));
  const std::uint64_t before = world.log_size();
  {
    const TenantTimer timer(*world.store, expiry_task());
    EXPECT_TRUE(eventually([&] { return world.log_size() >= before + 5; }));
  }
  EXPECT_EQ(world.log_size(), before + 5);
  for (const auto& id : ids) {
    EXPECT_EQ(world.trail_types(id), (Types{"approval.requested", "approval.expired"}));
    EXPECT_EQ(world.decide("approve", ann, id).outcome(), "EXPIRED");
  }
}

}  // namespace
}  // namespace assent::app
