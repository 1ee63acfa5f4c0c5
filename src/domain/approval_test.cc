#include "domain/approval.h"

#include "base/canonical.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace assent {
namespace {

const Timestamp kAsked = *from_rfc3339("2026-01-19T22:00:00Z");
const Timestamp kDeadline = kAsked + std::chrono::hours(48);

Principal principal(std::uint8_t number, PrincipalType type, std::vector<Role> roles) {
  UuidBytes bytes = {};
  bytes[15] = number;
  Principal made;
  made.id = PrincipalId(bytes);
  made.type = type;
  made.roles = std::move(roles);
  return made;
}

const Principal kAnn = principal(1, PrincipalType::human, {Role::requester, Role::approver});
const Principal kBob = principal(2, PrincipalType::human, {Role::approver});
const Principal kRobot = principal(3, PrincipalType::agent, {Role::agent, Role::approver});
const Principal kOwner = principal(4, PrincipalType::human, {Role::approver});

// By Ann; an approver decides.
Approval pending() {
  Approval approval;
  approval.content_hash = tool_call_hash("fs.delete", Json::object({{"path", "/srv/a"}}));
  approval.requested_by = kAnn.id;
  approval.requested_at = kAsked;
  approval.expires_at = kDeadline;
  approval.quorum = {{{{.role = Role::approver, .count = 1}}}};
  return approval;
}

Decision decision(Verdict verdict, const Principal& by) {
  return {.verdict = verdict, .by = &by, .at = kAsked, .content_hash = std::nullopt};
}

std::optional<Refusal> refused(const Approval& approval, const Decision& decision) {
  return refuse(approval, decision, {}, {});
}

TEST(Approval, AnApproverWhoDidNotAskMayDecide) {
  EXPECT_EQ(refused(pending(), decision(Verdict::approve, kBob)), std::nullopt);
  EXPECT_EQ(refused(pending(), decision(Verdict::reject, kBob)), std::nullopt);
}

TEST(Approval, H18_NobodyButAHumanDecides) {
  const Principal service = principal(9, PrincipalType::service, {Role::approver});
  for (const Verdict verdict : {Verdict::approve, Verdict::reject}) {
    EXPECT_EQ(refused(pending(), decision(verdict, kRobot)), Refusal::human_actor_required);
    EXPECT_EQ(refused(pending(), decision(verdict, service)), Refusal::human_actor_required);
  }
}

TEST(Approval, H18_WhoHoldsNoRoleOfTheQuorumIsForbidden) {
  for (const Role role : {Role::agent, Role::requester, Role::auditor, Role::policy_admin,
                          Role::admin, Role::operator_}) {
    const Principal eve = principal(9, PrincipalType::human, {role});
    EXPECT_EQ(refused(pending(), decision(Verdict::approve, eve)), Refusal::forbidden);
    EXPECT_EQ(refused(pending(), decision(Verdict::reject, eve)), Refusal::forbidden);
    EXPECT_EQ(refused(pending(), decision(Verdict::cancel, eve)), Refusal::forbidden);
  }
}

TEST(Approval, H21_WhoIsNamedDecidesWithoutAnApproversRoleButNotAsAnAgentOrTheRequester) {
  const Principal eve = principal(9, PrincipalType::human, {Role::requester});
  Approval approval = pending();
  approval.quorum = {{{{.kind = SeatKind::person, .people = {eve.id}}},
                      {{.kind = SeatKind::group, .group = "x", .people = {kAnn.id, kRobot.id}}}}};
  EXPECT_EQ(refused(approval, decision(Verdict::approve, eve)), std::nullopt);
  EXPECT_EQ(refused(approval, decision(Verdict::approve, kBob)), Refusal::forbidden);
  EXPECT_EQ(refused(approval, decision(Verdict::approve, kAnn)), Refusal::self_approval);
  EXPECT_EQ(refused(approval, decision(Verdict::approve, kRobot)), Refusal::human_actor_required);
}

TEST(Approval, AnOperatorNeverDecidesWhateverOtherRolesThereAre) {
  Principal root = kBob;
  root.roles.push_back(Role::operator_);
  Approval own = pending();
  own.requested_by = root.id;
  for (const Verdict verdict : {Verdict::approve, Verdict::reject, Verdict::cancel}) {
    EXPECT_EQ(refused(pending(), decision(verdict, root)), Refusal::forbidden);
    EXPECT_EQ(refused(own, decision(verdict, root)), Refusal::forbidden);
  }
}

TEST(Approval, H20_TheRequesterMayNotDecide) {
  EXPECT_EQ(refused(pending(), decision(Verdict::approve, kAnn)), Refusal::self_approval);
  EXPECT_EQ(refused(pending(), decision(Verdict::reject, kAnn)), Refusal::self_approval);
}

TEST(Approval, H20_TheHumanBehindTheRequestingAgentMayNotDecide) {
  Approval approval = pending();
  approval.requested_by = kRobot.id;
  approval.requester_owner = kOwner.id;
  EXPECT_EQ(refused(approval, decision(Verdict::approve, kOwner)), Refusal::self_approval);
  EXPECT_EQ(refused(approval, decision(Verdict::approve, kBob)), std::nullopt);
}

TEST(Approval, H20_ThePolicyMayAllowSelfApprovalButNotToAgents) {
  Approval approval = pending();
  approval.allows_self_approval = true;
  EXPECT_EQ(refused(approval, decision(Verdict::approve, kAnn)), std::nullopt);
  approval.requested_by = kRobot.id;
  EXPECT_EQ(refused(approval, decision(Verdict::approve, kRobot)), Refusal::human_actor_required);
}

TEST(Approval, OnlyTheRequesterOrItsOwnerCancels) {
  Approval approval = pending();
  approval.requested_by = kRobot.id;
  approval.requester_owner = kOwner.id;
  EXPECT_EQ(refused(approval, decision(Verdict::cancel, kRobot)), std::nullopt);
  EXPECT_EQ(refused(approval, decision(Verdict::cancel, kOwner)), std::nullopt);
  EXPECT_EQ(refused(approval, decision(Verdict::cancel, kBob)), Refusal::forbidden);
}

TEST(Approval, Trap20_ADecidedApprovalIsNotDecidedAgain) {
  for (const Status status : {Status::approved, Status::rejected, Status::cancelled,
                              Status::executed, Status::abandoned, Status::unknown}) {
    Approval approval = pending();
    approval.status = status;
    for (const Verdict verdict : {Verdict::approve, Verdict::reject}) {
      EXPECT_EQ(refused(approval, decision(verdict, kBob)), Refusal::invalid_state);
    }
    EXPECT_EQ(refused(approval, decision(Verdict::cancel, kAnn)), Refusal::invalid_state);
    // Also not after its deadline: what was decided never turns into expired.
    Decision late = decision(Verdict::approve, kBob);
    late.at = kDeadline + Microseconds(1);
    EXPECT_EQ(refused(approval, late), Refusal::invalid_state);
    EXPECT_FALSE(is_overdue(approval, late.at));
  }
}

TEST(Approval, H35_TheDeadlineItselfIsInTimeAndOneMicrosecondMoreIsNot) {
  Decision ask = decision(Verdict::approve, kBob);
  ask.at = kDeadline;
  EXPECT_EQ(refused(pending(), ask), std::nullopt);
  EXPECT_FALSE(is_overdue(pending(), ask.at));
  ask.at = kDeadline + Microseconds(1);
  EXPECT_EQ(refused(pending(), ask), Refusal::expired);
  EXPECT_TRUE(is_overdue(pending(), ask.at));
}

TEST(Approval, Trap19_AnOverdueRequestThatNoSweepHasSeenCannotBeDecided) {
  Decision ask = decision(Verdict::approve, kBob);
  ask.at = kDeadline + std::chrono::hours(1);
  Approval swept = pending();
  swept.status = Status::expired;
  for (const Verdict verdict : {Verdict::approve, Verdict::reject}) {
    ask.verdict = verdict;
    EXPECT_EQ(refused(pending(), ask), Refusal::expired);
    EXPECT_EQ(refused(swept, ask), Refusal::expired);  // The same answer either way.
  }
  // Expired is expired, also for a decider whose clock says otherwise.
  EXPECT_EQ(refused(swept, decision(Verdict::approve, kBob)), Refusal::expired);
}

TEST(Approval, ADecisionOnOtherContentIsRefused) {
  Decision ask = decision(Verdict::approve, kBob);
  ask.content_hash = pending().content_hash;
  EXPECT_EQ(refused(pending(), ask), std::nullopt);
  ask.content_hash = tool_call_hash("fs.delete", Json::object({{"path", "/srv/b"}}));
  EXPECT_EQ(refused(pending(), ask), Refusal::content_changed);
  ask.content_hash = "";
  EXPECT_EQ(refused(pending(), ask), Refusal::content_changed);
}

TEST(Approval, H21_NobodyVotesTwice) {
  const std::vector votes = {Vote{kBob.id, {Role::approver}}};
  for (const Verdict verdict : {Verdict::approve, Verdict::reject}) {
    EXPECT_EQ(refuse(pending(), decision(verdict, kBob), votes, {}), Refusal::already_voted);
    EXPECT_EQ(refuse(pending(), decision(verdict, kOwner), votes, {}), std::nullopt);
  }
}

TEST(Approval, ANoNeedsNoEvidence) {
  Approval approval = pending();
  approval.evidence_policy.required = true;
  EXPECT_EQ(refused(approval, decision(Verdict::approve, kBob)), Refusal::evidence_required);
  EXPECT_EQ(refused(approval, decision(Verdict::reject, kBob)), std::nullopt);
  EXPECT_EQ(refused(approval, decision(Verdict::cancel, kAnn)), std::nullopt);
}

// Everything is wrong at first; each step puts one thing right, and the next rung answers.
TEST(Approval, TheFirstRungOfTheLadderAnswers) {
  Principal by = principal(3, PrincipalType::agent, {});
  Approval approval = pending();
  approval.requested_by = by.id;
  approval.status = Status::rejected;
  approval.evidence_policy = {.required = true, .ttl_seconds = 60};
  Decision ask = decision(Verdict::approve, by);
  ask.at = kDeadline + Microseconds(1);
  ask.content_hash = "sha256:other";
  std::vector votes = {Vote{by.id, {Role::approver}}};
  EvidenceCheck check;

  const auto answer = [&] { return refuse(approval, ask, votes, check); };
  EXPECT_EQ(answer(), Refusal::forbidden);
  by.roles = {Role::approver};
  EXPECT_EQ(answer(), Refusal::human_actor_required);
  by.type = PrincipalType::human;
  EXPECT_EQ(answer(), Refusal::self_approval);
  approval.requested_by = kAnn.id;
  EXPECT_EQ(answer(), Refusal::invalid_state);
  approval.status = Status::pending;
  EXPECT_EQ(answer(), Refusal::expired);
  ask.at = kDeadline;
  EXPECT_EQ(answer(), Refusal::content_changed);
  ask.content_hash = approval.content_hash;
  EXPECT_EQ(answer(), Refusal::already_voted);
  votes.clear();
  EXPECT_EQ(answer(), Refusal::evidence_required);
  check.has_evidence = true;
  check.is_fresh = false;
  EXPECT_EQ(answer(), Refusal::evidence_stale);
  check.is_fresh = true;
  EXPECT_EQ(answer(), std::nullopt);
}

TEST(Approval, TheDetailsOfARefusalHelpTheCaller) {
  Approval approval = pending();
  approval.status = Status::approved;
  approval.content_hash = "sha256:aa";
  Decision ask = decision(Verdict::approve, kRobot);
  ask.content_hash = "sha256:bb";
  const auto details = [&](Refusal refusal) {
    return canonical_json(refusal_details(refusal, approval, ask, {}));
  };
  EXPECT_EQ(details(Refusal::forbidden), R"({"required":[{"count":1,"role":"approver"}]})");
  EXPECT_EQ(details(Refusal::human_actor_required), R"({"actorType":"agent"})");
  EXPECT_EQ(details(Refusal::self_approval), "{}");
  EXPECT_EQ(details(Refusal::invalid_state), R"({"currentStatus":"approved"})");
  EXPECT_EQ(details(Refusal::expired), R"({"expiresAt":"2026-01-21T22:00:00.000000Z"})");
  EXPECT_EQ(details(Refusal::content_changed),
            R"({"expected":"sha256:aa","presented":"sha256:bb"})");
  EXPECT_EQ(details(Refusal::already_voted), "{}");
  EXPECT_EQ(details(Refusal::evidence_required),
            R"({"evidenceRequired":false,"hasEvidence":false})");
  EXPECT_EQ(details(Refusal::evidence_stale),
            R"({"evidenceAge":null,"evidenceTtl":null,"latestEvidenceAt":null})");
  ask.verdict = Verdict::cancel;
  EXPECT_EQ(details(Refusal::forbidden), "{}");  // No role would help.
}

TEST(Approval, WhoLacksTheRoleIsToldWhichWouldHelp) {
  Approval approval = pending();
  approval.further_quorums = {Quorum{{{{.role = Role::auditor, .count = 1}}}}};
  Decision ask = decision(Verdict::approve, kRobot);
  EXPECT_EQ(canonical_json(refusal_details(Refusal::forbidden, approval, ask, {})),
            R"({"alsoRequired":[[{"count":1,"role":"auditor"}]],)"
            R"("required":[{"count":1,"role":"approver"}]})");
  constexpr std::array kBreakers = {Role::admin};
  ask = decision(Verdict::break_glass, kRobot);
  ask.break_glass_roles = kBreakers;
  EXPECT_EQ(canonical_json(refusal_details(Refusal::forbidden, approval, ask, {})),
            R"({"required":["admin"]})");
}

// What a policy in force asks of an approval that was evaluated under an earlier one.
TEST(Approval, TighteningTakesTheStricterOfEachTerm) {
  Policy policy;
  PolicyEntry entry;
  entry.quorum = {{{{.role = Role::auditor, .count = 1}}}};
  entry.risk_tier = RiskTier::critical;
  entry.evidence = {.required = true, .ttl_seconds = 60};
  entry.max_attempts = 1;
  entry.grant_expires_after = std::chrono::hours(1);
  Approval approval = pending();
  approval.allows_self_approval = true;
  tighten(approval, policy, entry);
  EXPECT_EQ(approval.further_quorums, std::vector{entry.quorum});
  EXPECT_EQ(approval.risk_tier, RiskTier::critical);
  EXPECT_EQ(approval.evidence_policy, entry.evidence);
  EXPECT_EQ(approval.max_attempts, 1);
  EXPECT_EQ(approval.grant_ttl_seconds, 3600);
  EXPECT_FALSE(approval.allows_self_approval);
  const Approval once = approval;
  tighten(approval, policy, entry);
  EXPECT_EQ(approval.further_quorums, once.further_quorums) << "the same is not asked twice";

  PolicyEntry loose;
  loose.decision = PolicyDecision::allow;
  loose.risk_tier = RiskTier::none;
  loose.max_attempts = 9;
  loose.grant_expires_after = std::chrono::hours(99);
  loose.quorum = {{{{.role = Role::admin, .count = 1}}}};
  policy.allows_self_approval = true;
  tighten(approval, policy, loose);
  EXPECT_EQ(approval.further_quorums, once.further_quorums) << "who allows asks nobody";
  EXPECT_EQ(approval.risk_tier, RiskTier::critical);
  EXPECT_EQ(approval.evidence_policy, entry.evidence);
  EXPECT_EQ(approval.max_attempts, 1);
  EXPECT_EQ(approval.grant_ttl_seconds, 3600);
  EXPECT_FALSE(approval.allows_self_approval);
}

TEST(Approval, EveryQuorumMustBeMetAndOneHumanCountsInEach) {
  Approval approval = pending();
  approval.further_quorums = {Quorum{{{{.role = Role::auditor, .count = 2}}}}};
  const Principal both = principal(7, PrincipalType::human, {Role::approver, Role::auditor});
  const Principal eve = principal(8, PrincipalType::human, {Role::auditor});
  std::vector<Vote> votes = {{both.id, both.roles}};
  EXPECT_EQ(evaluate(approval, votes).have, 1);
  EXPECT_EQ(evaluate(approval, votes).need, 2) << "the one that lacks most";
  EXPECT_TRUE(is_eligible(approval, {eve.id, eve.roles}));
  EXPECT_FALSE(is_eligible(approval, {eve.id, {Role::requester}}));
  EXPECT_FALSE(can_be_met(approval, votes, {}));
  EXPECT_TRUE(can_be_met(approval, votes, std::vector<Vote>{{eve.id, eve.roles}}));
  votes.push_back({eve.id, eve.roles});
  EXPECT_TRUE(evaluate(approval, votes).is_met());
}

// Computed with another implementation: printf '%s' '{"arguments":…}' | sha256sum.
TEST(ContentHash, CoversTheCanonicalToolCall) {
  const Json arguments = *parse_json(R"({"path": "/srv/a"})");
  EXPECT_EQ(tool_call_hash("fs.delete", arguments),
            "sha256:1199ef27343afad1770830c5485438b261a3001e124538774131ef1c564fcdee");
}

TEST(ContentHash, DoesNotDependOnTheOrderOfArguments) {
  EXPECT_EQ(tool_call_hash("t", *parse_json(R"({"a": 1, "b": 2})")),
            tool_call_hash("t", *parse_json(R"({"b": 2, "a": 1})")));
  EXPECT_NE(tool_call_hash("t", *parse_json(R"({"a": 1})")),
            tool_call_hash("t", *parse_json(R"({"a": "1"})")));
}

TEST(ContentHash, LeavesAbsentMembersOfContentOut) {
  EXPECT_EQ(content_hash_of({.title = "T", .description = {}, .type = "post", .content = {}}),
            "sha256:a521f6e06befd43d473f34535f2d977ecf2e2778338027071012704b805095cc");
  EXPECT_EQ(content_hash_of({.title = {},
                             .description = "D",
                             .type = {},
                             .content = *parse_json(R"({"details": ["x"]})")}),
            "sha256:9c481b79cd81f27ab470fa87a7a4de8a96eeb0ccea5eef1ae9ecdde35266755d");
}

}  // namespace
}  // namespace assent
