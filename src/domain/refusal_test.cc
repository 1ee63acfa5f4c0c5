#include "domain/refusal.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

TEST(Refusal, EveryOneHasACodeAndASentence) {
  for (std::size_t i = 0; i < words<Refusal>().size(); ++i) {
    const auto refusal = static_cast<Refusal>(i);
    EXPECT_FALSE(refusal_code(refusal).empty()) << word(refusal);
    EXPECT_TRUE(refusal_message(refusal).ends_with('.')) << word(refusal);
  }
  for (std::size_t i = 0; i < words<GrantRefusal>().size(); ++i) {
    const auto refusal = static_cast<GrantRefusal>(i);
    EXPECT_FALSE(refusal_code(refusal).empty()) << word(refusal);
    EXPECT_TRUE(refusal_message(refusal).ends_with('.')) << word(refusal);
  }
}

TEST(Refusal, TheCodesAreThoseOfTheContract) {
  EXPECT_EQ(refusal_code(Refusal::forbidden), "INSUFFICIENT_PERMISSIONS");
  EXPECT_EQ(refusal_code(Refusal::human_actor_required), "HUMAN_ACTOR_REQUIRED");
  EXPECT_EQ(refusal_code(Refusal::self_approval), "SELF_APPROVAL_FORBIDDEN");
  EXPECT_EQ(refusal_code(Refusal::invalid_state), "INVALID_STATE");
  EXPECT_EQ(refusal_code(Refusal::expired), "EXPIRED");
  EXPECT_EQ(refusal_code(Refusal::content_changed), "CONTENT_CHANGED");
  EXPECT_EQ(refusal_code(Refusal::already_voted), "ALREADY_VOTED");
  EXPECT_EQ(refusal_code(Refusal::step_up_required), "STEP_UP_REQUIRED");
  EXPECT_EQ(refusal_code(Refusal::evidence_required), "EVIDENCE_REQUIRED");
  EXPECT_EQ(refusal_code(Refusal::evidence_stale), "EVIDENCE_STALE");
  EXPECT_EQ(refusal_code(GrantRefusal::already_consumed), "ALREADY_CONSUMED");
}

TEST(Refusal, Trap14_AnotherTenantsTokenLooksLikeNone) {
  EXPECT_EQ(refusal_code(GrantRefusal::tenant_mismatch),
            refusal_code(GrantRefusal::token_not_found));
  EXPECT_EQ(refusal_message(GrantRefusal::tenant_mismatch),
            refusal_message(GrantRefusal::token_not_found));
}

TEST(Refusal, TheBlockedEventIsNamedForIt) {
  EXPECT_EQ(blocked_event(Refusal::evidence_stale), "approval.blocked.evidence_stale");
  EXPECT_EQ(blocked_event(Refusal::self_approval), "approval.blocked.self_approval");
}

}  // namespace
}  // namespace assent
