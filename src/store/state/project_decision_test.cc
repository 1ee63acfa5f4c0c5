// Edits, deferrals, abandonments and broken glass, as facts told to the state.
#include "base/canonical.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"
#include "store/state/testing_story.h"

#include <gtest/gtest.h>

#include <chrono>

namespace assent::store {
namespace {

using namespace std::chrono_literals;

class DecisionFactTest : public testing::Test {
 protected:
  DecisionFactTest() {
    tell(story.founded(TenantNumber{1}, "acme"));
    tell(story.requested(ask));
  }

  void tell(const Step& step) {
    const auto result = state.tell(step, story.now);
    ASSERT_TRUE(result) << step.event.type << ": " << result.error().detail;
  }
  // Accepted, or corrupt; nothing else may come of a fact.
  bool is_possible(const Step& step) {
    const auto result = state.tell(step, story.now);
    EXPECT_TRUE(result || result.error().code == Code::corrupt) << result.error().detail;
    return result.has_value();
  }
  Approval approval() { return store::approval(state.read(story.now), ask.id).value(); }
  std::vector<Vote> votes() { return store::votes(state.read(story.now), ask.id).value(); }

  Step about(std::string type, Json data) {
    data.set("approvalId", ask.id.text());
    return {human(ann),
            {.type = std::move(type),
             .subject = "approval/" + ask.id.text(),
             .data = std::move(data),
             .correlation_id = ask.correlation_id}};
  }
  Step deferred(Timestamp from, std::int64_t hours, std::int64_t count) {
    return about("approval.deferred",
                 Json::object({{"from", to_rfc3339(from)},
                               {"to", to_rfc3339(from + std::chrono::hours(hours))},
                               {"hours", hours},
                               {"count", count}}));
  }
  Step abandoned() { return about("approval.abandoned", Json::object()); }
  Step broken(const std::string& hash) {
    return about("breakglass.used", Json::object({{"contentHash", hash},
                                                  {"usedAt", to_rfc3339(story.now)},
                                                  {"usedBy", ann.text()},
                                                  {"grantId", ask.grant.text()},
                                                  {"expiresAt", to_rfc3339(story.now + 1h)}}));
  }
  static std::string hash_of(const Json& subject) {
    return content_hash_text(sha256(canonical_json(subject)));
  }
  Json edit_data(const std::string& from, std::int64_t version) {
    const Json further = Json::Array{Json::Array{Json::object({{"role", "admin"}, {"count", 1}})}};
    return Json::object(
        {{"decisionId", story.make<DecisionId>().text()},
         {"roles", Json::Array{"approver"}},
         {"decision", Json::object({{"action", "edited"}})},
         {"previousContentHash", from},
         {"contentHash", hash_of(subject)},
         {"contentVersion", version},
         {"subject", subject},
         {"requirement",
          Json::object({{"riskTier", "critical"},
                        {"evidencePolicy", Json::object({{"required", true}, {"ttlSeconds", 9}})},
                        {"furtherQuorums", further},
                        {"maxAttempts", 1},
                        {"grantTtlSeconds", 60},
                        {"selfApproval", "forbidden"}})},
         {"why", "because"},
         {"policyVersion", 7}});
  }
  Step edited(const std::string& from, std::int64_t version) {
    return about("approval.recorded", edit_data(from, version));
  }

  SeededRandom random{11};
  Story story{random};
  TestState state;
  const PrincipalId ann = story.make<PrincipalId>();
  const PrincipalId bob = story.make<PrincipalId>();
  const Ask ask = story.ask(story.make<PrincipalId>());
  const Json subject = Json::object({{"kind", "tool_call"},
                                     {"tool", ask.tool},
                                     {"arguments", Json::object({{"path", "/other"}})}});
};

TEST_F(DecisionFactTest, H32_AnEditReplacesTheContentItsTermsAndTheVotes) {
  tell(story.recorded(ask, bob));
  tell(edited(ask.content_hash, 2));
  const Approval made = approval();
  EXPECT_EQ(made.status, Status::pending);
  EXPECT_EQ(made.content_hash, hash_of(subject));
  EXPECT_EQ(made.content_version, 2);
  EXPECT_EQ(*made.request.find("subject"), subject);
  EXPECT_EQ(made.request.string_at("why"), "because");
  EXPECT_EQ(made.request.integer_at("policyVersion"), 7);
  EXPECT_EQ(made.risk_tier, RiskTier::critical);
  EXPECT_EQ(made.evidence_policy, (EvidencePolicy{.required = true, .ttl_seconds = 9}));
  EXPECT_EQ(made.further_quorums, (std::vector{Quorum{{{{.role = Role::admin, .count = 1}}}}}));
  EXPECT_EQ(made.max_attempts, 1);
  EXPECT_EQ(made.grant_ttl_seconds, 60);
  ASSERT_EQ(votes().size(), 1U);
  EXPECT_EQ(votes()[0].by, ann);
}

TEST_F(DecisionFactTest, H32_OnlyTheContentAndVersionThatAreThereAreReplaced) {
  EXPECT_FALSE(is_possible(edited(hash_of(subject), 2)));
  EXPECT_FALSE(is_possible(edited(ask.content_hash, 1)));
  EXPECT_FALSE(is_possible(edited(ask.content_hash, 3)));
  for (const std::string field : {"previousContentHash", "contentHash", "contentVersion", "subject",
                                  "requirement", "why", "policyVersion"}) {
    Json data = edit_data(ask.content_hash, 2);
    std::erase_if(data.members(), [&](const auto& member) { return member.first == field; });
    EXPECT_FALSE(is_possible(about("approval.recorded", std::move(data)))) << field;
  }
  story.now = ask.expires_at + 1us;
  EXPECT_FALSE(is_possible(edited(ask.content_hash, 2)));
  EXPECT_EQ(approval().content_hash, ask.content_hash);
}

TEST_F(DecisionFactTest, Trap6_WhatIsDecidedIsNeverEdited) {
  tell(story.succeeded(ask, bob));
  EXPECT_FALSE(is_possible(edited(ask.content_hash, 2)));
  EXPECT_EQ(approval().content_hash, ask.content_hash);
}

TEST_F(DecisionFactTest, H33_ADeadlineMovesFromWhereItIsAndSoOftenOnly) {
  const Timestamp from = ask.expires_at;
  EXPECT_FALSE(is_possible(deferred(from, 0, 1)));
  EXPECT_FALSE(is_possible(deferred(from, 169, 1)));
  EXPECT_FALSE(is_possible(deferred(from + 1s, 1, 1)));
  EXPECT_FALSE(is_possible(deferred(from, 1, 2)));
  Step wrong = deferred(from, 1, 1);
  wrong.event.data.set("hours", 2);
  EXPECT_FALSE(is_possible(wrong)) << "the sum must be right";
  tell(deferred(from, 168, 1));
  EXPECT_EQ(approval().expires_at, from + 168h);
  EXPECT_EQ(approval().defers, 1);
  tell(deferred(from + 168h, 1, 2));
  tell(deferred(from + 169h, 1, 3));
  EXPECT_FALSE(is_possible(deferred(from + 170h, 1, 4))) << "three times is the default";
  story.now = from + 170h + 1us;
  EXPECT_FALSE(is_possible(story.succeeded(ask, ann)));
}

TEST_F(DecisionFactTest, H33_WhatIsOverdueIsNotDeferred) {
  story.now = ask.expires_at + 1us;
  EXPECT_FALSE(is_possible(deferred(ask.expires_at, 1, 1)));
}

TEST_F(DecisionFactTest, H42_OnlyWhatIsApprovedAndNeverStartedIsAbandonedAndItsGrantIsVoid) {
  EXPECT_FALSE(is_possible(abandoned()));
  tell(story.succeeded(ask, bob));
  tell(story.issued(ask));
  const auto decided_at = approval().decided_at;
  story.now += 1s;
  tell(abandoned());
  EXPECT_EQ(approval().status, Status::abandoned);
  EXPECT_EQ(approval().decided_at, decided_at);
  EXPECT_EQ(approval().decided_by, bob);
  EXPECT_EQ((*grant_of(state.read(story.now), ask.id))->expired_at, story.now);
  EXPECT_FALSE(is_possible(story.consumed(ask)));
  EXPECT_FALSE(is_possible(abandoned()));
}

TEST_F(DecisionFactTest, H42_WhatWasStartedIsNotAbandoned) {
  tell(story.succeeded(ask, bob));
  tell(story.issued(ask));
  tell(story.consumed(ask));
  const auto id = story.make<ExecutionId>();
  tell(story.started(ask, id));
  EXPECT_FALSE(is_possible(abandoned()));
  tell(story.ended(ask, id, ExecutionState::failure));
  EXPECT_FALSE(is_possible(abandoned()));
}

TEST_F(DecisionFactTest, H42_BrokenGlassLetsThatContentRunAndNamesNoApprover) {
  EXPECT_FALSE(is_possible(broken(hash_of(subject))));
  tell(broken(ask.content_hash));
  EXPECT_EQ(approval().status, Status::approved);
  EXPECT_EQ(approval().glass_broken_by, ann);
  EXPECT_FALSE(approval().decided_by);
  EXPECT_TRUE(votes().empty());
  EXPECT_EQ((*grant_of(state.read(story.now), ask.id))->expires_at, story.now + 1h);
  EXPECT_FALSE(is_possible(broken(ask.content_hash)));
  tell(story.consumed(ask));
}

}  // namespace
}  // namespace assent::store
