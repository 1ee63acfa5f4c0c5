#include "app/testing_decisions.h"

namespace assent::app {
namespace {

class BreakGlassTest : public DecisionTest {
 protected:
  BreakGlassTest() { root = world.make("human", "root", {"admin"}); }

  Person root;
};

TEST_F(BreakGlassTest, H42_ItLetsOnePendingRequestRunAndIsNoApproval) {
  world.put_policy(kQuorumOfTwo);
  const auto id = ask(evidence_policy(60));
  const Reply reply = world.decide("break_glass", root, id, emergency());
  ASSERT_EQ(reply.outcome(), "ok");
  EXPECT_EQ(reply.at("status"), "approved");
  const Types types = world.trail_types(id);
  EXPECT_EQ(types, (Types{"approval.requested", "approval.attempted", "breakglass.used"}))
      << "no approval.succeeded, no vote";
  EXPECT_EQ(world.trail(id)[1].find("data")->string_at("verdict"), "break_glass");
  const Json data = last(id);
  EXPECT_EQ(data.string_at("incidentRef"), "INC-7");
  EXPECT_EQ(data.string_at("justification"), "the site is down");
  EXPECT_EQ(data.string_at("contentHash"), hash(id));
  EXPECT_EQ(data.string_at("usedBy"), root.id);
  EXPECT_EQ(data.integer_at("ttlSeconds"), 3600);

  const Reply shown = world.show(id);
  EXPECT_EQ(shown.at("glassBrokenBy"), root.id);
  EXPECT_EQ(shown.data.find("decidedBy"), nullptr);
  EXPECT_EQ(*shown.data.find("votes"), Json::object({{"have", 0}, {"need", 2}}));
  world.restart();
  EXPECT_EQ(run(id).outcome(), "ok");
  EXPECT_NE(run(id).outcome(), "ok") << "once";
}

TEST_F(BreakGlassTest, H42_ItsGrantIsShort) {
  const auto in_time = ask();
  const auto late = ask();
  ASSERT_EQ(world.decide("break_glass", root, in_time, emergency()).outcome(), "ok");
  ASSERT_EQ(world.decide("break_glass", root, late, emergency()).outcome(), "ok");
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(run(in_time).outcome(), "ok");
  world.clock.advance(Microseconds(1));
  EXPECT_EQ(run(late).outcome(), "EXPIRED");
}

TEST_F(BreakGlassTest, H42_IncidentAndJustificationAreRequiredAndNotBlank) {
  const auto id = ask();
  const auto with = [&](std::string_view name, std::string value) {
    Json body = emergency();
    body.set(std::string(name), std::move(value));
    return body;
  };
  expect_error("break_glass", root, id, Json::object({{"incidentRef", "INC-7"}}),
               "validation_error", "justification");
  expect_error("break_glass", root, id, Json::object({{"justification", "x"}}), "validation_error",
               "incidentRef");
  expect_error("break_glass", root, id, with("incidentRef", "  "), "validation_error",
               "incidentRef");
  expect_error("break_glass", root, id, with("justification", " \n\t "), "validation_error",
               "justification");
  expect_error("break_glass", root, id, with("incidentRef", std::string(256, 'x')),
               "validation_error", "incidentRef");
  expect_error("break_glass", root, id, with("justification", std::string(2001, 'x')),
               "validation_error", "justification");
  expect_error("break_glass", root, id, with("rationale", "x"), "validation_error", "rationale");
  EXPECT_EQ(world.decide("break_glass", root, id, with("justification", std::string(2000, 'x')))
                .outcome(),
            "ok");
}

TEST_F(BreakGlassTest, H42_EveryRungOfTheLadderRefusesIt) {
  const auto id = ask();
  const Person bot = world.make("agent", "bot", {"admin"});
  expect_blocked("break_glass", ann, id, emergency(), "INSUFFICIENT_PERMISSIONS");
  EXPECT_EQ(*last(id).find("details"), Json::object({{"required", Json::Array{"admin"}}}));
  expect_blocked("break_glass", agent, id, emergency(), "INSUFFICIENT_PERMISSIONS");
  expect_blocked("break_glass", bot, id, emergency(), "HUMAN_ACTOR_REQUIRED");
  Json stale = emergency();
  stale.set("contentHash", "sha256:" + std::string(64, '0'));
  expect_blocked("break_glass", root, id, stale, "CONTENT_CHANGED");
  ASSERT_EQ(world.decide("approve", ann, id).outcome(), "ok");
  expect_blocked("break_glass", root, id, emergency(), "INVALID_STATE");

  const Reply own = world.request_tool(root, "fs.delete");
  expect_blocked("break_glass", root, own.id(), emergency(), "SELF_APPROVAL_FORBIDDEN");
  const auto overdue = ask();
  world.clock.advance(std::chrono::hours(48) + Microseconds(1));
  EXPECT_EQ(world.decide("break_glass", root, overdue, emergency()).outcome(), "EXPIRED");
}

TEST_F(BreakGlassTest, H42_ThePolicysNoIsNotBroken) {
  const auto id = ask();
  world.put_policy("version: 1\ndefaults: {decision: reject}\ntools: []\n");
  EXPECT_EQ(world.decide("break_glass", root, id, emergency()).outcome(), "INVALID_STATE");
  EXPECT_EQ(status(id), "rejected");
  EXPECT_NE(run(id).outcome(), "ok");
}

TEST_F(BreakGlassTest, H42_NeitherBrokenGlassNorAnEditPassesAKillSwitch) {
  const auto id = ask();
  const Json stop = Json::object({{"scope", "tenant"}, {"reason", "an incident"}});
  ASSERT_EQ(
      world.call({.operation = "engage_kill_switch", .by = world.admin, .body = stop}).outcome(),
      "ok");
  expect_blocked("break_glass", root, id, emergency(), "KILL_SWITCH");
  expect_blocked("edit", ann, id, edit_to(id, "/srv/b"), "KILL_SWITCH");
  EXPECT_EQ(world.decide("defer", ann, id, hours(1)).outcome(), "ok");
}

TEST_F(BreakGlassTest, H42_ItMayBeGivenUpLikeAnyGrant) {
  const auto id = ask();
  ASSERT_EQ(world.decide("break_glass", root, id, emergency()).outcome(), "ok");
  EXPECT_EQ(world.decide("abandon", ann, id, because()).outcome(), "ok");
  EXPECT_EQ(run(id).outcome(), "EXPIRED");
}

TEST_F(BreakGlassTest, ARetryIsTheSame) {
  expect_replay(root, "break_glass", ask(), emergency());
}

}  // namespace
}  // namespace assent::app
