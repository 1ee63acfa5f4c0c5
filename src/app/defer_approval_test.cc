#include "app/testing_decisions.h"

namespace assent::app {
namespace {

class DeferTest : public DecisionTest {};

TEST_F(DeferTest, H33_TheDeadlineMovesAndItStaysPending) {
  const auto id = ask();
  const std::string from = world.show(id).at("expiresAt");
  Json body = hours(24);
  body.set("rationale", "waiting for the backup");
  const Reply reply = world.decide("defer", ann, id, body);
  ASSERT_EQ(reply.outcome(), "ok");
  EXPECT_EQ(reply.at("status"), "pending");
  EXPECT_EQ(*from_rfc3339(reply.at("expiresAt")), *from_rfc3339(from) + std::chrono::hours(24));
  EXPECT_EQ(world.trail_types(id),
            (Types{"approval.requested", "approval.attempted", "approval.deferred"}));
  const Json data = last(id);
  EXPECT_EQ(data.string_at("from"), from);
  EXPECT_EQ(data.string_at("to"), reply.at("expiresAt"));
  EXPECT_EQ(data.integer_at("hours"), 24);
  EXPECT_EQ(data.integer_at("count"), 1);
  EXPECT_EQ(data.find("decision")->string_at("action"), "deferred");
  EXPECT_EQ(data.find("decision")->string_at("rationale"), "waiting for the backup");

  world.restart();
  world.clock.advance(std::chrono::hours(72));
  EXPECT_EQ(world.show(id).at("expiresAt"), reply.at("expiresAt"));
  EXPECT_EQ(world.decide("approve", ann, id).at("status"), "approved")
      << "a deferral is no vote, and the new deadline itself is in time";
}

TEST_F(DeferTest, H33_OneHourAndAWeekAreTheLimits) {
  for (const std::int64_t good : {1, 168}) {
    EXPECT_EQ(world.decide("defer", ann, ask(), hours(good)).outcome(), "ok") << good;
  }
  const auto id = ask();
  for (const std::int64_t bad : {0, 169, -1}) {
    expect_error("defer", ann, id, hours(bad), "unprocessable", "hours");
  }
  expect_error("defer", ann, id, Json::object(), "validation_error", "hours");
  expect_error("defer", ann, id, Json::object({{"hours", "24"}}), "validation_error", "hours");
  expect_error("defer", ann, id, Json::object({{"hours", 1.5}}), "validation_error", "hours");
}

TEST_F(DeferTest, H33_ItIsCountedAndCapped) {
  const auto id = ask();
  for (std::int64_t count = 1; count <= 3; ++count) {
    const Reply reply = world.decide("defer", ann, id, hours(1));
    ASSERT_EQ(reply.outcome(), "ok");
    EXPECT_EQ(reply.data.integer_at("defers"), count);
  }
  world.restart();
  expect_blocked("defer", bob, id, hours(1), "INVALID_STATE");
  EXPECT_EQ(*last(id).find("details"),
            Json::object({{"currentStatus", "pending"}, {"defers", 3}, {"maxDefers", 3}}));
  EXPECT_EQ(world.decide("approve", bob, id).outcome(), "ok");
}

TEST_F(DeferTest, H33_H35_AnOverdueItemIsNotDeferred) {
  const auto id = ask();
  world.clock.advance(std::chrono::hours(48) + Microseconds(1));
  EXPECT_EQ(world.decide("defer", ann, id, hours(1)).outcome(), "EXPIRED");
  EXPECT_EQ(world.trail_types(id), (Types{"approval.requested", "approval.expired",
                                          "approval.attempted", "approval.blocked.expired"}));
}

TEST_F(DeferTest, EveryRungOfTheLadderRefusesIt) {
  const auto id = ask();
  const Person bot = world.make("agent", "bot", {"approver"});
  const Person auditor = world.make("human", "ada", {"auditor"});
  expect_blocked("defer", auditor, id, hours(1), "INSUFFICIENT_PERMISSIONS");
  expect_blocked("defer", agent, id, hours(1), "INSUFFICIENT_PERMISSIONS");
  expect_blocked("defer", bot, id, hours(1), "HUMAN_ACTOR_REQUIRED");
  expect_blocked("defer", owner, id, hours(1), "SELF_APPROVAL_FORBIDDEN");
  Json stale = hours(1);
  stale.set("contentHash", "sha256:" + std::string(64, '0'));
  expect_blocked("defer", ann, id, stale, "CONTENT_CHANGED");
  ASSERT_EQ(world.decide("reject", ann, id, because()).outcome(), "ok");
  expect_blocked("defer", ann, id, hours(1), "INVALID_STATE");
}

TEST_F(DeferTest, ItNeedsNoEvidenceAndNoVoteStandsInItsWay) {
  world.put_policy(kQuorumOfTwo);
  const auto id = ask(evidence_policy(60));
  ASSERT_EQ(world.attach(ann, id, Json::object({{"type", "text"}, {"text", "x"}})).outcome(), "ok");
  ASSERT_EQ(world.decide("approve", ann, id).at("status"), "pending");
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(world.decide("defer", ann, id, hours(1)).outcome(), "ok");
  EXPECT_EQ(*world.show(id).data.find("votes"), Json::object({{"have", 1}, {"need", 2}}));
}

TEST_F(DeferTest, ManyAtOnceMoveItAsOftenAsItMayBeMoved) {
  const auto id = ask();
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(world.start({.operation = "defer",
                                 .by = i % 2 == 0 ? ann : bob,
                                 .path = {{"id", id}},
                                 .body = hours(1)}));
  }
  int moved = 0;
  for (auto& call : calls) moved += call.get().is_ok() ? 1 : 0;
  EXPECT_EQ(moved, 3);
  EXPECT_EQ(world.show(id).data.integer_at("defers"), 3);
}

TEST_F(DeferTest, ARetriedDeferralMovesItOnce) {
  const auto id = ask();
  expect_replay(ann, "defer", id, hours(5));
  EXPECT_EQ(world.show(id).data.integer_at("defers"), 1);
}

}  // namespace
}  // namespace assent::app
