#include "store/state/projection.h"

#include "base/canonical.h"
#include "store/state/approvals.h"
#include "store/state/deadlines.h"
#include "store/state/evidence.h"
#include "store/state/grants.h"
#include "store/state/principals.h"
#include "store/state/testing_story.h"

#include <gtest/gtest.h>

#include <chrono>

namespace assent::store {
namespace {

using namespace std::chrono_literals;

// A state with an admin, an approver and an agent.
class ProjectionTest : public testing::Test {
 protected:
  ProjectionTest() {
    tell(story.founded(TenantNumber{1}, "acme"));
    tell(story.principal(ann, PrincipalType::human, {Role::approver}));
    tell(story.principal(bob, PrincipalType::human, {Role::approver, Role::admin}));
    tell(story.principal(bot, PrincipalType::agent, {Role::agent}));
  }

  void tell(const Step& step) {
    const auto result = state.tell(step, story.now);
    ASSERT_TRUE(result) << step.event.type << ": " << result.error().detail;
  }
  std::string refusal(const Step& step) {
    const auto result = state.tell(step, story.now);
    if (result) return "accepted";
    return result.error().code == Code::corrupt ? result.error().detail : "another error";
  }
  Read& read() { return state.read(story.now); }
  Approval approval(const Ask& ask) { return store::approval(read(), ask.id).value(); }

  Ask pending() {
    Ask ask = story.ask(bot);
    tell(story.requested(ask));
    return ask;
  }
  Ask approved() {
    Ask ask = pending();
    tell(story.attempted(ask, ann));
    tell(story.succeeded(ask, ann));
    tell(story.issued(ask));
    return ask;
  }
  // With an execution under way.
  Ask started(const ExecutionId& id) {
    Ask ask = approved();
    tell(story.consumed(ask));
    tell(story.started(ask, id));
    return ask;
  }

  SeededRandom random{7};
  Story story{random};
  TestState state;
  const PrincipalId ann = story.make<PrincipalId>();
  const PrincipalId bob = story.make<PrincipalId>();
  const PrincipalId bot = story.make<PrincipalId>();
};

TEST_F(ProjectionTest, APrincipalIsAsItWasCreated) {
  const auto principal = store::principal(read(), bob);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->type, PrincipalType::human);
  EXPECT_EQ(principal->name, "somebody");
  EXPECT_EQ(principal->roles, (std::vector{Role::approver, Role::admin}));
  EXPECT_EQ(principal->email, "somebody@test.example");
  EXPECT_EQ(principal->created_at, story.now);
  EXPECT_FALSE(principal->owner);
}

TEST_F(ProjectionTest, AKeyWorksUntilItIsRevokedAndOnce) {
  const auto id = story.make<KeyId>();
  tell(story.key(id, ann));
  const auto key = store::key(read(), id);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->principal, ann);
  EXPECT_EQ(key->key_hash, sha256(id.text()));
  EXPECT_EQ(key->expires_at, story.now + 24h);
  EXPECT_FALSE(key->revoked_at);

  story.now += 1s;
  EXPECT_NE(refusal(story.key_revoked(id, bob)), "accepted");
  tell(story.key_revoked(id, ann));
  EXPECT_EQ(store::key(read(), id)->revoked_at, story.now);
  EXPECT_NE(refusal(story.key_revoked(id, ann)), "accepted");
}

TEST_F(ProjectionTest, APolicyFollowsTheOneThatItNames) {
  const std::string one = content_hash_text(sha256("one"));
  const std::string two = content_hash_text(sha256("two"));
  EXPECT_NE(refusal(story.policy(2, one, std::nullopt)), "accepted");
  EXPECT_NE(refusal(story.policy(1, one, two)), "accepted");
  tell(story.policy(1, one, std::nullopt));
  EXPECT_NE(refusal(story.policy(2, two, std::nullopt)), "accepted");
  EXPECT_NE(refusal(story.policy(2, two, two)), "accepted");
  EXPECT_NE(refusal(story.policy(3, two, one)), "accepted");
  tell(story.policy(2, two, one));
}

TEST_F(ProjectionTest, ARequestIsAPendingApproval) {
  const Ask ask = pending();
  const Approval made = approval(ask);
  EXPECT_EQ(made.id, ask.id);
  EXPECT_EQ(made.status, Status::pending);
  EXPECT_EQ(made.kind, Kind::tool_call);
  EXPECT_EQ(made.risk_tier, RiskTier::high);
  EXPECT_EQ(made.content_hash, ask.content_hash);
  EXPECT_EQ(made.tool, ask.tool);
  EXPECT_EQ(made.requested_by, bot);
  EXPECT_EQ(made.requested_at, story.now);
  EXPECT_EQ(made.expires_at, ask.expires_at);
  EXPECT_EQ(made.evidence_policy, (EvidencePolicy{.required = false, .ttl_seconds = 60}));
  EXPECT_EQ(made.quorum, (Quorum{.alternatives = {{{.role = Role::approver, .count = 1}}}}));
  EXPECT_FALSE(made.allows_self_approval);
  EXPECT_EQ(made.max_attempts, 3);
  EXPECT_EQ(made.grant_ttl_seconds, 3600);
  EXPECT_EQ(made.correlation_id, ask.correlation_id);
  EXPECT_FALSE(made.decided_at);
  EXPECT_EQ(made.request.find("subject")->string_at("tool"), ask.tool);
  EXPECT_EQ(made.request.find("request")->string_at("title"), "Delete it");
  EXPECT_EQ(made.request.string_at("why"), "no policy entry matches");
}

TEST_F(ProjectionTest, APolicyEntryApprovesAndMintsTheGrantAtOnce) {
  const Ask ask = pending();
  tell(story.auto_approved(ask));
  EXPECT_EQ(approval(ask).status, Status::approved);
  EXPECT_EQ(approval(ask).decided_at, story.now);
  EXPECT_FALSE(approval(ask).decided_by);
  const auto grant = *grant_of(read(), ask.id);
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->id, ask.grant);
  EXPECT_EQ(grant->expires_at, story.now + 1h);
}

TEST_F(ProjectionTest, VotesAreKeptInOrderAndOnceForEachHuman) {
  const Ask ask = pending();
  tell(story.attempted(ask, bob));
  tell(story.recorded(ask, bob));
  EXPECT_EQ(approval(ask).status, Status::pending);
  EXPECT_NE(refusal(story.recorded(ask, bob)), "accepted");
  EXPECT_NE(refusal(story.succeeded(ask, bob)), "accepted");
  EXPECT_EQ(approval(ask).status, Status::pending) << "half of a fact stayed";

  tell(story.succeeded(ask, ann));
  const auto votes = *store::votes(read(), ask.id);
  ASSERT_EQ(votes.size(), 2U);
  EXPECT_EQ(votes[0].by, bob);
  EXPECT_EQ(votes[1].by, ann);
  EXPECT_EQ(votes[1].roles, (std::vector{Role::approver, Role::admin}));
  EXPECT_EQ(approval(ask).status, Status::approved);
  EXPECT_EQ(approval(ask).decided_by, ann);
}

TEST_F(ProjectionTest, AnApprovalEndsOnce) {
  const auto endings = {&Story::rejected_by_rule, &Story::cancelled};
  for (const auto ending : endings) {
    const Ask ask = pending();
    tell((story.*ending)(ask));
    EXPECT_NE(approval(ask).status, Status::pending);
    EXPECT_EQ(approval(ask).decided_at, story.now);
    EXPECT_NE(refusal(story.rejected_by_rule(ask)), "accepted");
    EXPECT_NE(refusal(story.cancelled(ask)), "accepted");
    EXPECT_NE(refusal(story.rejected(ask, ann)), "accepted");
    EXPECT_NE(refusal(story.succeeded(ask, ann)), "accepted");
    EXPECT_NE(refusal(story.auto_approved(ask)), "accepted");
    EXPECT_NE(refusal(story.recorded(ask, ann)), "accepted");
    story.now += 2h;
    EXPECT_NE(refusal(story.expired(ask)), "accepted");
    EXPECT_NE(refusal(story.issued(ask)), "accepted");
  }
}

TEST_F(ProjectionTest, ADeadlineIsInTimeWhenItComesAndPassedAMicrosecondLater) {
  const Ask ask = pending();
  const Ask other = pending();
  story.now = ask.expires_at;
  EXPECT_NE(refusal(story.expired(ask)), "accepted");
  tell(story.rejected(other, ann));

  story.now += 1us;
  EXPECT_NE(refusal(story.succeeded(ask, ann)), "accepted");
  tell(story.expired(ask));
  EXPECT_EQ(approval(ask).status, Status::expired);
  EXPECT_EQ(approval(ask).decided_at, story.now);
  EXPECT_EQ(approval(other).decided_by, ann);
}

TEST_F(ProjectionTest, NothingIsDecidedAboutOtherContent) {
  const Ask ask = pending();
  Ask other = ask;
  other.content_hash = content_hash_text(sha256("another"));
  EXPECT_NE(refusal(story.succeeded(other, ann)), "accepted");
  EXPECT_NE(refusal(story.rejected(other, ann)), "accepted");
  EXPECT_NE(refusal(story.auto_approved(other)), "accepted");
}

TEST_F(ProjectionTest, EvidenceIsWithdrawnOnceAndStays) {
  const Ask ask = pending();
  const auto id = story.make<EvidenceId>();
  tell(story.attached(ask, id));
  EXPECT_NE(refusal(story.attached(ask, id)), "accepted");
  EXPECT_NE(refusal(story.attached(story.ask(bot), story.make<EvidenceId>())), "accepted");

  story.now += 1s;
  EXPECT_NE(refusal(story.withdrawn(pending(), id)), "accepted");
  tell(story.withdrawn(ask, id));
  EXPECT_NE(refusal(story.withdrawn(ask, id)), "accepted");
  const auto items = *evidence_of(read(), ask.id);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].text, "It is safe.");
  EXPECT_EQ(items[0].size_bytes, 11);
  EXPECT_EQ(items[0].attached_at, story.now - 1s);
  EXPECT_EQ(items[0].withdrawn_at, story.now);
}

TEST_F(ProjectionTest, AGrantIsUsedOnceForItsContentInTime) {
  const Ask ask = approved();
  Ask other = ask;
  other.content_hash = content_hash_text(sha256("another"));
  EXPECT_NE(refusal(story.consumed(other)), "accepted");
  other = ask;
  other.grant = story.make<GrantId>();
  EXPECT_NE(refusal(story.consumed(other)), "accepted");
  EXPECT_NE(refusal(story.issued(other)), "accepted") << "an approval has one grant";
  EXPECT_NE(refusal(story.grant_expired(ask)), "accepted");
  EXPECT_NE(refusal(story.started(ask, story.make<ExecutionId>())), "accepted");

  tell(story.consumed(ask));
  EXPECT_EQ((*grant_of(read(), ask.id))->consumed_at, story.now);
  EXPECT_NE(refusal(story.consumed(ask)), "accepted");
  story.now += 2h;
  EXPECT_NE(refusal(story.grant_expired(ask)), "accepted") << "used, so never expired";
}

TEST_F(ProjectionTest, AGrantThatNobodyUsedExpires) {
  const Ask ask = approved();
  story.now += 1h;
  EXPECT_NE(refusal(story.grant_expired(ask)), "accepted");
  story.now += 1us;
  EXPECT_NE(refusal(story.consumed(ask)), "accepted");
  tell(story.grant_expired(ask));
  EXPECT_EQ((*grant_of(read(), ask.id))->expired_at, story.now);
}

TEST_F(ProjectionTest, AnOutcomeMovesTheApprovalUnlessItIsADefiniteFailure) {
  const std::vector<std::pair<ExecutionState, Status>> outcomes = {
      {ExecutionState::success, Status::executed},
      {ExecutionState::partial, Status::executed},
      {ExecutionState::failure, Status::approved},
      {ExecutionState::unknown, Status::unknown}};
  for (const auto& [outcome, status] : outcomes) {
    const auto id = story.make<ExecutionId>();
    const Ask ask = started(id);
    story.now += 1s;
    tell(story.ended(ask, id, outcome));
    EXPECT_EQ(approval(ask).status, status);
    EXPECT_NE(refusal(story.ended(ask, id, outcome)), "accepted");

    const auto execution = store::execution(read(), id);
    ASSERT_TRUE(execution);
    EXPECT_EQ(execution->state, outcome);
    EXPECT_EQ(execution->started_by, bot);
    EXPECT_EQ(execution->completed_at, story.now);
    EXPECT_EQ(canonical_json(execution->result), R"({"exit":0})");
    EXPECT_EQ(execution->error, "none");
  }
}

TEST_F(ProjectionTest, H40_AnUnknownOutcomeIsResolvedOnce) {
  for (const auto& [as, status] : std::vector<std::pair<ExecutionState, Status>>{
           {ExecutionState::success, Status::executed},
           {ExecutionState::partial, Status::executed},
           {ExecutionState::failure, Status::approved}}) {
    const auto id = story.make<ExecutionId>();
    const Ask ask = started(id);
    EXPECT_NE(refusal(story.resolved(ask, id, ann, as)), "accepted") << "it is running";
    tell(story.ended(ask, id, ExecutionState::unknown));
    EXPECT_NE(refusal(story.resolved(ask, id, ann, ExecutionState::unknown)), "accepted");
    tell(story.resolved(ask, id, ann, as));
    EXPECT_NE(refusal(story.resolved(ask, id, ann, as)), "accepted");
    EXPECT_EQ(approval(ask).status, status);
    const auto execution = store::execution(read(), id);
    ASSERT_TRUE(execution);
    EXPECT_EQ(execution->state, as);
    ASSERT_TRUE(execution->resolution);
    EXPECT_EQ(execution->resolution->by, ann);
  }
}

TEST_F(ProjectionTest, ALeaseOnlyGrowsWhileItLasts) {
  const auto id = story.make<ExecutionId>();
  const Ask ask = started(id);
  const Timestamp until = store::execution(read(), id)->lease_expires_at;
  EXPECT_EQ(until, story.now + 1h) << "what a start without a lease has";
  EXPECT_EQ(*next_deadline(state.connection()), until);
  EXPECT_NE(refusal(story.renewed(ask, id, until - 1us)), "accepted");
  tell(story.renewed(ask, id, until + 1h));
  EXPECT_EQ(store::execution(read(), id)->lease_expires_at, until + 1h);
  story.now = until + 1h + 1us;
  EXPECT_EQ(lapsed_executions(state.connection(), 1, story.now, 10)->size(), 1U);
  EXPECT_NE(refusal(story.renewed(ask, id, story.now + 1h)), "accepted") << "it has passed";
}

TEST_F(ProjectionTest, OnlyTheEngineStartsOnBehalfOfSomebody) {
  const auto id = story.make<ExecutionId>();
  const Ask ask = approved();
  tell(story.consumed(ask));
  Step step = story.started(ask, id);
  step.event.data.set("onBehalfOf", bot.text());
  EXPECT_NE(refusal(step).find("onBehalfOf"), std::string::npos);
  step.actor = engine_actor();
  tell(step);
  EXPECT_EQ(store::execution(read(), id)->started_by, bot);
  EXPECT_TRUE(store::execution(read(), id)->by_server);
}

TEST_F(ProjectionTest, AttemptsAreCountedWithoutGaps) {
  const auto first = story.make<ExecutionId>();
  const Ask ask = started(first);
  tell(story.ended(ask, first, ExecutionState::failure));
  const auto second = story.make<ExecutionId>();
  EXPECT_NE(refusal(story.started(ask, second, 1)), "accepted");
  EXPECT_NE(refusal(story.started(ask, second, 3)), "accepted");
  tell(story.started(ask, second, 2));
  EXPECT_EQ((*latest_execution(read(), ask.id))->id, second);
  EXPECT_EQ(executions_of(read(), ask.id)->size(), 2U);
}

TEST_F(ProjectionTest, AttemptsBlocksAndEmittedEventsChangeNothing) {
  const Ask ask = pending();
  Step emitted = story.requested(ask);
  emitted.event.type = "content.publish";
  tell(emitted);
  tell(story.attempted(ask, ann));
  tell(story.blocked(ask, ann, Refusal::evidence_stale));
  EXPECT_EQ(approval(ask).status, Status::pending);
}

TEST_F(ProjectionTest, AGovernedTypeOfAnotherVersionIsNotPassedOver) {
  Step step = story.attempted(pending(), ann);
  for (const char* type : {"approval.deferred", "approval.blocked.by_the_moon", "grant.revived",
                           "ledger.payload_erased", "policy.dropped"}) {
    step.event.type = type;
    EXPECT_NE(refusal(step).find(type), std::string::npos) << type;
  }
}

TEST_F(ProjectionTest, OtherTenantsApprovalsAreOutOfReach) {
  const Ask ask = pending();
  const auto result = state.tell(story.rejected(ask, ann), story.now, TenantNumber{2});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::corrupt);
  EXPECT_EQ(approval(ask).status, Status::pending);
}

// Every event that changes state, with the fields that its change needs.
TEST_F(ProjectionTest, AFieldThatIsMissingOrMistypedIsNamed) {
  const auto id = story.make<KeyId>();
  const auto execution = story.make<ExecutionId>();
  const auto evidence = story.make<EvidenceId>();
  const Ask ask = pending();
  const Ask done = started(execution);
  const std::vector<std::pair<Step, std::vector<std::string>>> cases = {
      {story.founded(TenantNumber{1}, "acme"), {"name", "number", "origin", "verifierKey"}},
      {story.principal(bot, PrincipalType::agent, {}), {"principalId", "type", "name", "roles"}},
      {story.key(id, ann), {"keyId", "principalId", "keyHash"}},
      {story.key_revoked(id, ann), {"keyId", "principalId"}},
      {story.policy(1, ask.content_hash, std::nullopt), {"policyId", "version", "sha256"}},
      {story.requested(story.ask(bot)),
       {"approvalId", "kind", "tool", "subject", "contentHash", "riskTier", "policyVersion",
        "evidencePolicy", "quorum", "selfApproval", "expiresAt", "maxAttempts", "grantTtlSeconds",
        "requestedBy", "why"}},
      {story.auto_approved(ask),
       {"approvalId", "approvedAt", "contentHash", "grantId", "expiresAt"}},
      {story.recorded(ask, ann), {"approvalId", "decisionId", "roles"}},
      {story.succeeded(ask, ann),
       {"approvalId", "decisionId", "roles", "approvedBy", "approvedAt", "contentHash"}},
      {story.rejected(ask, ann), {"approvalId", "rejectedAt", "contentHash"}},
      {story.cancelled(ask), {"approvalId", "cancelledBy", "cancelledAt"}},
      {story.expired(ask), {"approvalId", "expiresAt", "timeoutAction", "resultingStatus"}},
      {story.attached(ask, evidence), {"approvalId", "evidenceId", "type", "capturedAt"}},
      {story.withdrawn(ask, evidence), {"approvalId", "evidenceId"}},
      {story.issued(ask), {"approvalId", "grantId", "contentHash", "form", "expiresAt"}},
      {story.consumed(ask), {"approvalId", "grantId", "contentHash", "consumedAt"}},
      {story.grant_expired(ask), {"approvalId", "grantId", "contentHash", "expiredAt"}},
      {story.started(done, execution), {"approvalId", "executionId", "grantId", "attempt"}},
      {story.ended(done, execution, ExecutionState::success),
       {"approvalId", "executionId", "outcome"}},
      {story.renewed(done, execution, story.now + 2h),
       {"approvalId", "executionId", "leaseExpiresAt"}},
      {story.resolved(done, execution, ann, ExecutionState::success),
       {"approvalId", "executionId", "as"}},
      {story.escalated(done, story.make<EscalationId>(), execution),
       {"approvalId", "escalationId"}},
  };
  for (const auto& [step, fields] : cases) {
    for (const std::string& field : fields) {
      for (const Json& wrong : {Json(), Json(Json::Array{Json(7)}), Json("no such thing!")}) {
        // Any text is a name, a tool, a reason.
        if (wrong.is_string() && (field == "name" || field == "origin" || field == "tool" ||
                                  field == "verifierKey" || field == "why")) {
          continue;
        }
        Step bad = step;
        bad.event.data.set(field, wrong);
        const std::string detail = refusal(bad);
        EXPECT_NE(detail.find(step.event.type), std::string::npos) << field << ": " << detail;
        EXPECT_NE(detail.find("field " + field), std::string::npos)
            << step.event.type << ", " << field << ": " << detail;
      }
    }
  }
}

TEST_F(ProjectionTest, AVoteIsAPrincipals) {
  Step step = story.recorded(pending(), ann);
  step.actor = engine_actor();
  EXPECT_NE(refusal(step).find("actor.id"), std::string::npos);
}

TEST_F(ProjectionTest, EveryStateTableIsComparedWhole) {
  constexpr std::string_view kColumns = R"sql(
    SELECT COUNT(*)
      FROM pragma_table_info($1))sql";
  for (const StateTable& table : state_tables()) {
    const auto rows = state.connection().query(kColumns, {table.name});
    ASSERT_TRUE(rows);
    ASSERT_TRUE((*rows)->next().value());
    EXPECT_EQ((*rows)->integer(0), static_cast<std::int64_t>(table.columns.size())) << table.name;
    EXPECT_TRUE(state.connection().query(table.select_all)) << table.name;
  }
}

}  // namespace
}  // namespace assent::store
