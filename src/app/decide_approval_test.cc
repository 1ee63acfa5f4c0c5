#include "app/testing_decisions.h"

#include <array>
#include <map>
#include <set>

namespace assent::app {
namespace {

class Decide : public DecisionTest {
 protected:
  // Those that end it or let it run.
  std::ptrdiff_t deciding_events(const std::string& id) {
    static const std::set<std::string> kDeciding = {"approval.succeeded", "approval.rejected",
                                                    "approval.cancelled", "approval.expired",
                                                    "breakglass.used"};
    const Types types = world.trail_types(id);
    return std::ranges::count_if(types, [](const auto& type) { return kDeciding.contains(type); });
  }
};

TEST_F(Decide, ASuccessWritesTheAttemptTheDecisionAndTheGrantInOneCommit) {
  const auto id = ask();
  const std::uint64_t before = world.log_size();
  const Reply reply =
      world.decide("approve", ann, id, Json::object({{"rationale", "looks right"}}));
  ASSERT_EQ(reply.outcome(), "ok");
  EXPECT_EQ(world.log_size(), before + 3);
  const auto trail = world.trail(id);
  ASSERT_EQ(trail.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(*trail[i].string_at("traceid"), reply.trace);
    EXPECT_EQ(*trail[i].string_at("time"), *trail[1].string_at("time")) << "one commit, one time";
  }
  EXPECT_EQ(world.trail_types(id), (Types{"approval.requested", "approval.attempted",
                                          "approval.succeeded", "grant.issued"}));
}

TEST_F(Decide, ABlockWritesExactlyTwoEventsWithTheResponsesTraceAndDetails) {
  const auto id = ask(evidence_policy(std::nullopt));
  const std::uint64_t before = world.log_size();
  const Reply reply = world.decide("approve", ann, id);
  ASSERT_EQ(reply.outcome(), "EVIDENCE_REQUIRED");
  EXPECT_EQ(world.log_size(), before + 2);
  const auto trail = world.trail(id);
  ASSERT_EQ(trail.size(), 3u);
  EXPECT_EQ(*trail[2].string_at("type"), "approval.blocked.evidence_required");
  EXPECT_EQ(*trail[1].string_at("traceid"), reply.trace);
  EXPECT_EQ(*trail[2].string_at("traceid"), reply.trace);
  const Json expected = Json::object({{"evidenceRequired", true}, {"hasEvidence", false}});
  EXPECT_EQ(reply.refused->details, expected);
  EXPECT_EQ(*trail[2].find("data")->find("details"), expected);
}

TEST_F(Decide, H10_EveryEventNamesTheRealActorTheTenantAndTheTime) {
  const auto id = ask();
  ASSERT_EQ(world.decide("approve", ann, id).outcome(), "ok");
  for (const Json& event : world.trail(id)) {
    const Json* actor = event.find("data")->find("actor");
    ASSERT_NE(actor, nullptr);
    const bool is_request = *event.string_at("type") == "approval.requested";
    EXPECT_EQ(*actor->string_at("id"), is_request ? agent.id : ann.id);
    EXPECT_EQ(*actor->string_at("type"), is_request ? "agent" : "human");
    EXPECT_EQ(*event.string_at("tenantid"), "default");
    EXPECT_TRUE(from_rfc3339(*event.string_at("time")));
  }
}

TEST_F(Decide, H18_OnlyAHumanWithTheRoleDecidesAndTheAttemptIsRecorded) {
  const Person robot_approver = world.make("agent", "robot2", {"approver"});
  const Person auditor = world.make("human", "ada", {"auditor"});
  for (const auto& [who, code] : {std::pair(agent, "INSUFFICIENT_PERMISSIONS"),
                                  std::pair(robot_approver, "HUMAN_ACTOR_REQUIRED"),
                                  std::pair(auditor, "INSUFFICIENT_PERMISSIONS"),
                                  std::pair(world.admin, "INSUFFICIENT_PERMISSIONS")}) {
    const auto id = ask();
    EXPECT_EQ(world.decide("approve", who, id).outcome(), code);
    EXPECT_EQ(world.show(id).at("status"), "pending");
    EXPECT_EQ(world.trail(id).size(), 3u);
  }
  const auto id = ask();
  EXPECT_EQ(world.decide("approve", {.id = "", .key = "ask_forged"}, id).outcome(),
            "unauthenticated");
  EXPECT_EQ(world.trail(id).size(), 1u);
}

TEST_F(Decide, H20_NeitherTheRequesterNorTheHumanBehindTheAgentApproves) {
  const auto id = ask();
  const Reply by_owner = world.decide("approve", owner, id);
  EXPECT_EQ(by_owner.outcome(), "SELF_APPROVAL_FORBIDDEN");
  EXPECT_EQ(world.trail_types(id).back(), "approval.blocked.self_approval");

  const Reply own = world.request_tool(ann, "fs.delete");
  EXPECT_EQ(world.decide("approve", ann, own.id()).outcome(), "SELF_APPROVAL_FORBIDDEN");
  EXPECT_EQ(world.decide("approve", bob, own.id()).outcome(), "ok");
}

TEST_F(Decide, H20_WhereThePolicyAllowsSelfApprovalItSucceedsAndTheLogSaysSo) {
  world.put_policy("version: 1\ndefaults: {decision: human}\nselfApproval: allowed\ntools: []\n");
  const Reply own = world.request_tool(ann, "fs.delete");
  EXPECT_EQ(world.decide("approve", ann, own.id()).outcome(), "ok");
  EXPECT_EQ(*world.trail(own.id())[0].find("data")->string_at("selfApproval"), "allowed");
}

TEST_F(Decide, H19_AHundredConcurrentDecisionsHaveOneWinnerAndNinetyNineHonestLosers) {
  const Person root = world.make("human", "root", {"admin"});
  const auto id = ask();
  const Json edited = edit_to(id, "/srv/b");
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 100; ++i) {
    static constexpr std::array<std::string_view, 5> kVerbs = {"approve", "reject", "cancel",
                                                               "edit", "break_glass"};
    const std::string verb(kVerbs[static_cast<std::size_t>(i) % kVerbs.size()]);
    Person by = i % 2 == 0 ? ann : bob;
    if (verb == "cancel") by = agent;
    if (verb == "break_glass") by = root;
    Json body = because();
    if (verb == "edit") body = edited;
    if (verb == "break_glass") body = emergency();
    calls.push_back(
        world.start({.operation = verb, .by = by, .path = {{"id", id}}, .body = std::move(body)}));
  }
  std::map<std::string, int> outcomes;
  std::string status;
  for (auto& call : calls) {
    const Reply reply = call.get();
    ++outcomes[reply.outcome()];
    if (reply.is_ok()) status = reply.at("status");
  }
  EXPECT_EQ(outcomes["ok"], 1);
  EXPECT_EQ(outcomes["INVALID_STATE"], 99);
  EXPECT_EQ(world.show(id).at("status"), status);
  EXPECT_EQ(deciding_events(id), 1);
  EXPECT_EQ(world.decide("approve", ann, id).refused->details,
            Json::object({{"currentStatus", status}}));
}

TEST_F(Decide, H19_AtTheDeadlineExpiryIsTheOneWinnerAndItsOneEvent) {
  const auto id = ask();
  const Json edited = edit_to(id, "/srv/b");
  world.clock.advance(std::chrono::hours(48) + Microseconds(1));
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 100; ++i) {
    const std::string verb = i % 4 == 0   ? "approve"
                             : i % 4 == 1 ? "reject"
                             : i % 4 == 2 ? "cancel"
                                          : "edit";
    calls.push_back(world.start({.operation = verb,
                                 .by = verb == "cancel" ? agent : ann,
                                 .path = {{"id", id}},
                                 .body = verb == "edit" ? edited : because()}));
  }
  for (auto& call : calls) EXPECT_EQ(call.get().outcome(), "EXPIRED");
  const Types types = world.trail_types(id);
  EXPECT_EQ(std::ranges::count(types, "approval.expired"), 1);
  EXPECT_EQ(std::ranges::count(types, "approval.blocked.expired"), 100);
}

TEST_F(Decide, Trap10_OneApprovalHasOneDecidingEventHoweverOftenItIsDecided) {
  const auto id = ask();
  ASSERT_EQ(world.decide("edit", ann, id, edit_to(id, "/srv/b")).outcome(), "ok");
  expect_blocked("approve", ann, id, Json::object(), "INVALID_STATE");
  expect_blocked("approve", bob, id, Json::object(), "INVALID_STATE");
  expect_blocked("reject", bob, id, because(), "INVALID_STATE");
  expect_blocked("edit", bob, id, edit_to(id, "/srv/c"), "INVALID_STATE");
  EXPECT_EQ(deciding_events(id), 1);
}

TEST_F(Decide, H31_TheDecisionSaysItsChannelReasonConfidenceConditionsAndModifications) {
  const auto id = ask(Json::object({{"correlationId", "workflow-7"}}));
  const Json said = Json::object({{"channel", "cli"},
                                  {"rationale", "looks right"},
                                  {"confidence", 100},
                                  {"conditions", Json::Array{"tonight"}},
                                  {"modifications", "none"}});
  for (const std::int64_t bad : {-1, 101}) {
    Json body = said;
    body.set("confidence", bad);
    expect_error("approve", ann, id, body, "validation_error", "confidence");
  }
  ASSERT_EQ(world.decide("approve", ann, id, said).outcome(), "ok");
  for (const Json& event : world.trail(id)) {
    EXPECT_EQ(event.string_at("correlationid"), "workflow-7");
    EXPECT_EQ(event.find("data")->string_at("approvalId"), id);
  }
  const auto trail = world.trail(id);
  const Json& data = *trail[2].find("data");
  EXPECT_EQ(data.find("response")->string_at("channel"), "cli");
  EXPECT_EQ(data.find("decision")->string_at("action"), "approved");
  EXPECT_EQ(data.find("decision")->string_at("rationale"), "looks right");
  EXPECT_EQ(data.find("decision")->integer_at("confidence"), 100);
  EXPECT_EQ(*data.find("conditions"), Json(Json::Array{"tonight"}));
  EXPECT_EQ(data.string_at("modifications"), "none");
}

TEST_F(Decide, H35_AnApprovalWhoseQuorumIsHalfMetExpiresLikeAnyOther) {
  world.put_policy(kQuorumOfTwo);
  const auto id = ask();
  ASSERT_EQ(world.decide("approve", ann, id).at("status"), "pending");
  world.clock.advance(std::chrono::hours(48) + Microseconds(1));
  world.restart();
  EXPECT_EQ(world.decide("approve", bob, id).outcome(), "EXPIRED");
  EXPECT_EQ(deciding_events(id), 1);
  EXPECT_NE(run(id).outcome(), "ok");
}

// ---- reasons (G27) ----

TEST_F(Decide, G27_ANoNeedsItsReasonWhichIsKeptAsItWasSaid) {
  for (const std::string verb : {"reject", "cancel", "abandon"}) {
    const auto id = ask();
    const Person& by = verb == "cancel" ? agent : ann;
    if (verb == "abandon") world.decide("approve", bob, id);
    expect_error(verb, by, id, Json::object(), "validation_error", "rationale");
    expect_error(verb, by, id, because(""), "validation_error", "rationale");
    expect_error(verb, by, id, because(" \n\t "), "validation_error", "rationale");
    expect_error(verb, by, id, because(std::string(2001, 'x')), "validation_error", "rationale");
    Json two = because("one");
    two.set("reason", "another");
    expect_error(verb, by, id, two, "validation_error", "reason");
    const std::string said = " <b>no</b> & " + std::string(1987, 'x');
    EXPECT_EQ(world.decide(verb, by, id, Json::object({{"reason", said}})).outcome(), "ok") << verb;
    const Json data = last(id);
    const Json& words = verb == "reject" ? *data.find("decision") : data;
    EXPECT_EQ(words.string_at(verb == "reject" ? "rationale" : "reason"), said);
  }
}

TEST_F(Decide, TheSameReasonUnderBothNamesIsOne) {
  Json both = because("no");
  both.set("reason", "no");
  EXPECT_EQ(world.decide("reject", ann, ask(), both).outcome(), "ok");
}

TEST_F(Decide, Trap16_ADecisionRetriedAfterARestartIsDoneOnce) {
  expect_replay(ann, "approve", ask(), because());
  expect_replay(bob, "reject", ask(), because());
  expect_replay(agent, "cancel", ask(), because());
}

TEST_F(Decide, H24_EveryAnsweredCallLeavesOneAttemptAndOneOutcomeNextToIt) {
  SeededRandom dice(24);
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(ask(dice.next() % 2 == 0 ? evidence_policy(60) : Json::object()));
  }
  const std::vector<Person> people = {ann, bob, owner, agent, world.admin};
  const int calls = is_long_run() ? 10'000 : 1'000;
  for (int i = 0; i < calls; ++i) {
    const auto& id = ids[dice.next() % ids.size()];
    const auto& by = people[dice.next() % people.size()];
    if (dice.next() % 50 == 0) world.clock.advance(std::chrono::minutes(1));
    if (dice.next() % 20 == 0) {
      world.attach(ann, id, Json::object({{"type", "text"}, {"text", std::to_string(i)}}));
    }
    if (dice.next() % 40 == 0) ids[dice.next() % ids.size()] = ask(evidence_policy(60));
    static constexpr std::array<std::string_view, 10> kVerbs = {
        "approve", "approve", "approve", "approve", "reject",
        "cancel",  "edit",    "defer",   "abandon", "break_glass"};
    const std::string verb(kVerbs[dice.next() % kVerbs.size()]);
    Json body = because();
    if (verb == "edit") body = edit_to(id, "/srv/" + std::to_string(i));
    if (verb == "defer") body = hours(1 + static_cast<std::int64_t>(dice.next() % 2));
    if (verb == "break_glass") body = emergency();
    const Reply reply = world.decide(verb, by, id, std::move(body));
    ASSERT_FALSE(reply.error) << reply.error->detail;
  }
  // The pairs themselves are checked for the whole log when the world ends (verify_store).
}

TEST_F(Decide, H25_TheTraceOfTheAnswerIsOnItsEventsAndNoTwoCallsShareOne) {
  const auto id = ask(evidence_policy(std::nullopt));
  const Reply first = world.decide("approve", ann, id);
  const Reply second = world.decide("approve", ann, id);
  EXPECT_NE(first.trace, second.trace);
  const auto trail = world.trail(id);
  EXPECT_EQ(*trail[1].string_at("traceid"), first.trace);
  EXPECT_EQ(*trail[3].string_at("traceid"), second.trace);
}

TEST_F(Decide, H26_ApprovedAtIsTheSameEverywhereEvenWhenTheClockIsSetBack) {
  const auto id = ask();
  world.clock.advance(-std::chrono::hours(1));
  const Reply reply = world.decide("approve", ann, id);
  ASSERT_EQ(reply.outcome(), "ok");
  const auto trail = world.trail(id);
  const Json& succeeded = trail[2];
  EXPECT_EQ(*succeeded.find("data")->string_at("approvedAt"), reply.at("approvedAt"));
  EXPECT_EQ(world.show(id).at("decidedAt"), reply.at("approvedAt"));
  EXPECT_LE(*trail[1].string_at("time"), reply.at("approvedAt"));
  EXPECT_LE(reply.at("approvedAt"), *succeeded.string_at("time"));
  EXPECT_LE(*trail[0].string_at("time"), *trail[1].string_at("time"));
}

TEST_F(Decide, Trap11_ApprovedAtIsNeverBeforeTheAttempt) {
  const auto id = ask();
  world.clock.advance(-std::chrono::seconds(5));
  const Reply reply = world.decide("approve", ann, id);
  EXPECT_GE(reply.at("approvedAt"), *world.trail(id)[1].string_at("time"));
}

TEST_F(Decide, Trap1_NewEvidenceCuresStaleEvidence) {
  const auto id = ask(evidence_policy(60));
  ASSERT_EQ(world.attach(ann, id, Json::object({{"type", "text"}, {"text", "old"}})).outcome(),
            "ok");
  world.clock.advance(std::chrono::seconds(61));
  const Reply stale = world.decide("approve", ann, id);
  ASSERT_EQ(stale.outcome(), "EVIDENCE_STALE");
  EXPECT_EQ(stale.refused->details.integer_at("evidenceTtl"), 60);
  EXPECT_EQ(stale.refused->details.integer_at("evidenceAge"), 61);
  ASSERT_EQ(world.attach(ann, id, Json::object({{"type", "text"}, {"text", "new"}})).outcome(),
            "ok");
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ok");
}

TEST_F(Decide, H22_TheBoundaryOfTheTtlIsStillFreshAndOneMicrosecondMoreIsNot) {
  for (const int extra : {0, 1}) {
    const auto id = ask(evidence_policy(60));
    ASSERT_EQ(world.attach(ann, id, Json::object({{"type", "text"}, {"text", "x"}})).outcome(),
              "ok");
    world.clock.advance(std::chrono::seconds(60) + Microseconds(extra));
    EXPECT_EQ(world.decide("approve", ann, id).outcome(), extra == 0 ? "ok" : "EVIDENCE_STALE");
  }
}

TEST_F(Decide, H23_AttachingTheSameBytesAgainMakesThemNoFresher) {
  const auto id = ask(evidence_policy(60));
  const Json item = Json::object({{"type", "text"}, {"text", "the same"}});
  ASSERT_EQ(world.attach(ann, id, item).outcome(), "ok");
  world.clock.advance(std::chrono::seconds(61));
  ASSERT_EQ(world.attach(ann, id, item).outcome(), "ok");
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "EVIDENCE_STALE");
}

TEST_F(Decide, H23_WithdrawnEvidenceCountsAsNone) {
  const auto id = ask(evidence_policy(60));
  const Reply item = world.attach(ann, id, Json::object({{"type", "text"}, {"text", "x"}}));
  ASSERT_EQ(world.decide("withdraw_evidence", ann, item.id()).outcome(), "ok");
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "EVIDENCE_REQUIRED");
}

TEST_F(Decide, ARejectionNeedsNoEvidenceAndIsFinal) {
  const auto id = ask(evidence_policy(60));
  ASSERT_EQ(world.decide("reject", ann, id, Json::object({{"rationale", "no"}})).outcome(), "ok");
  EXPECT_EQ(world.decide("approve", bob, id).outcome(), "INVALID_STATE");
  EXPECT_EQ(world.show(id).at("status"), "rejected");
}

TEST_F(Decide, Trap20_ApprovingAgainDoesNotOverwriteTheApprover) {
  const auto id = ask();
  ASSERT_EQ(world.decide("approve", ann, id).outcome(), "ok");
  EXPECT_EQ(world.decide("approve", bob, id).outcome(), "INVALID_STATE");
  EXPECT_EQ(world.show(id).at("decidedBy"), ann.id);
}

TEST_F(Decide, ADecisionOnOtherContentThanWasShownIsRefused) {
  const auto id = ask();
  const Reply reply = world.decide(
      "approve", ann, id, Json::object({{"contentHash", "sha256:" + std::string(64, '0')}}));
  EXPECT_EQ(reply.outcome(), "CONTENT_CHANGED");
  EXPECT_EQ(world
                .decide("approve", ann, id,
                        Json::object({{"contentHash", world.show(id).at("contentHash")}}))
                .outcome(),
            "ok");
}

TEST_F(Decide, H21_AQuorumOfTwoNeedsTwoPeopleAndCountsEachOnce) {
  world.put_policy(
      "version: 1\ndefaults: {decision: human, approvers: [{role: approver, count: 2}]}\ntools: "
      "[]\n");
  const auto id = ask();
  const Reply first = world.decide("approve", ann, id);
  EXPECT_EQ(first.at("status"), "pending");
  EXPECT_EQ(*first.data.find("votes"), Json::object({{"have", 1}, {"need", 2}}));
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ALREADY_VOTED");
  EXPECT_EQ(world.decide("approve", bob, id).at("status"), "approved");
  EXPECT_EQ(world.trail_types(id),
            (Types{"approval.requested", "approval.attempted", "approval.recorded",
                   "approval.attempted", "approval.blocked.already_voted", "approval.attempted",
                   "approval.succeeded", "grant.issued"}));
}

TEST_F(Decide, H35_DecidingAfterTheDeadlineFailsWithOneExpiryEventEvenIfNoTimerRan) {
  const auto id = ask();
  world.clock.advance(std::chrono::hours(48));
  EXPECT_EQ(world.show(id).at("status"), "pending") << "equality is still in time";
  world.clock.advance(Microseconds(1));
  EXPECT_EQ(world.show(id).at("status"), "expired") << "never reported pending past the deadline";
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "EXPIRED");
  EXPECT_EQ(world.decide("reject", bob, id, because()).outcome(), "EXPIRED");
  const Types types = world.trail_types(id);
  EXPECT_EQ(std::ranges::count(types, "approval.expired"), 1);
  EXPECT_EQ(types,
            (Types{"approval.requested", "approval.expired", "approval.attempted",
                   "approval.blocked.expired", "approval.attempted", "approval.blocked.expired"}));
}

TEST_F(Decide, Trap19_ExpiredButUnsweptIsNotApprovable) {
  const auto id = ask();
  world.clock.advance(std::chrono::hours(49));
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "EXPIRED");
  EXPECT_EQ(world.show(id).at("status"), "expired");
}

TEST_F(Decide, OnlyTheRequesterCancels) {
  const auto id = ask();
  EXPECT_EQ(world.decide("cancel", ann, id, because()).outcome(), "INSUFFICIENT_PERMISSIONS");
  EXPECT_EQ(world.decide("cancel", agent, id, because()).at("status"), "cancelled");
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "INVALID_STATE");
}

TEST_F(Decide, AnUnknownApprovalIsNotFoundAndLeavesNoEvent) {
  const std::uint64_t before = world.log_size();
  EXPECT_EQ(world.decide("approve", ann, "apr_01890a5d-0000").outcome(), "validation_error");
  EXPECT_EQ(world.decide("approve", ann, "apr_01h455vb4pex5vsknk084sn02q").outcome(), "not_found");
  EXPECT_EQ(world.log_size(), before);
}

}  // namespace
}  // namespace assent::app
