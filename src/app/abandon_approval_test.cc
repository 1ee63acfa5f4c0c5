#include "app/testing_decisions.h"

namespace assent::app {
namespace {

class AbandonTest : public DecisionTest {
 protected:
  std::string approved() {
    const auto id = ask();
    EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ok");
    return id;
  }
};

TEST_F(AbandonTest, H42_WhatWasApprovedAndNeverStartedIsGivenUpWithItsGrant) {
  const auto id = approved();
  const Reply reply = world.decide("abandon", agent, id, because("not needed any more"));
  ASSERT_EQ(reply.outcome(), "ok");
  EXPECT_EQ(reply.at("status"), "abandoned");
  EXPECT_EQ(reply.at("abandonedBy"), agent.id);
  EXPECT_EQ(last(id).string_at("reason"), "not needed any more");
  EXPECT_EQ(world.trail_types(id).back(), "approval.abandoned");
  EXPECT_EQ(world.show(id).at("decidedBy"), ann.id) << "who approved it stays on record";
  world.restart();
  EXPECT_EQ(status(id), "abandoned");
  EXPECT_EQ(run(id).outcome(), "EXPIRED") << "the grant is void";
  expect_blocked("abandon", agent, id, because(), "INVALID_STATE");
}

TEST_F(AbandonTest, H42_AVoidGrantIsNotCalledExpiredAgain) {
  const auto id = approved();
  ASSERT_EQ(world.decide("abandon", agent, id, because()).outcome(), "ok");
  world.clock.advance(std::chrono::hours(100));
  EXPECT_EQ(run(id).outcome(), "EXPIRED");
  EXPECT_EQ(std::ranges::count(world.trail_types(id), "grant.expired"), 0);
}

TEST_F(AbandonTest, H42_TheRequesterItsOwnerAndAnApproverMayAndNobodyElse) {
  const Person bot = world.make("agent", "bot", {"approver"});
  const Person auditor = world.make("human", "ada", {"auditor"});
  for (const Person& by : {agent, owner, bob}) {
    EXPECT_EQ(world.decide("abandon", by, approved(), because()).outcome(), "ok");
  }
  const auto id = approved();
  expect_blocked("abandon", auditor, id, because(), "INSUFFICIENT_PERMISSIONS");
  expect_blocked("abandon", world.admin, id, because(), "INSUFFICIENT_PERMISSIONS");
  expect_blocked("abandon", bot, id, because(), "HUMAN_ACTOR_REQUIRED");
}

TEST_F(AbandonTest, H42_WhatIsPendingOrOverOrWasEverStartedIsNot) {
  const auto pending = ask();
  expect_blocked("abandon", agent, pending, because(), "INVALID_STATE");
  EXPECT_EQ(*last(pending).find("details"), Json::object({{"currentStatus", "pending"}}));

  const auto rejected = ask();
  ASSERT_EQ(world.decide("reject", ann, rejected, because()).outcome(), "ok");
  expect_blocked("abandon", agent, rejected, because(), "INVALID_STATE");

  const auto started = approved();
  const Reply execution = run(started);
  expect_blocked("abandon", agent, started, because(), "INVALID_STATE");
  EXPECT_EQ(*last(started).find("details"),
            Json::object({{"currentStatus", "approved"}, {"hasStarted", true}}));
  // Not after it failed either: it had its chance of an effect.
  ASSERT_EQ(world
                .call({.operation = "complete_execution",
                       .by = agent,
                       .path = {{"id", execution.at("executionId")}},
                       .body = Json::object({{"outcome", "failure"}})})
                .outcome(),
            "ok");
  expect_blocked("abandon", agent, started, because(), "INVALID_STATE");

  const auto overdue = ask();
  world.clock.advance(std::chrono::hours(49));
  EXPECT_EQ(world.decide("abandon", agent, overdue, because()).outcome(), "INVALID_STATE");
  EXPECT_EQ(status(overdue), "expired");
}

TEST_F(AbandonTest, AStaleHashIsRefused) {
  const auto id = approved();
  Json body = because();
  body.set("contentHash", "sha256:" + std::string(64, '0'));
  expect_blocked("abandon", agent, id, body, "CONTENT_CHANGED");
}

TEST_F(AbandonTest, StartingAndGivingUpHaveOneWinner) {
  for (int round = 0; round < 10; ++round) {
    const auto id = approved();
    auto start = world.start({.operation = "start_execution", .by = agent, .path = {{"id", id}}});
    auto give_up =
        world.start({.operation = "abandon", .by = bob, .path = {{"id", id}}, .body = because()});
    EXPECT_NE(start.get().is_ok(), give_up.get().is_ok());
  }
}

TEST_F(AbandonTest, ARetryIsTheSame) {
  expect_replay(agent, "abandon", approved(), because());
}

}  // namespace
}  // namespace assent::app
