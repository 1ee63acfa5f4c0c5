#include "domain/plan/clearance.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

using Missing = std::vector<GrantRefusal>;
using enum GrantRefusal;

class Clearance : public testing::Test {
 protected:
  Clearance() {
    approval.status = Status::approved;
    approval.kind = Kind::plan;
    approval.content_hash = "sha256:1";
    grant.content_hash = approval.content_hash;
    grant.form = GrantForm::token;
    grant.expires_at = now + std::chrono::hours(1);
    grant.consumed_at = now;
  }
  // With everything that a plan needs that people approved.
  PlanEvidence whole() {
    return {.validated = PlanStatus::escalate,
            .approval = &approval,
            .grant = &grant,
            .latest = std::nullopt,
            .diff_matches = true,
            .is_stopped = false,
            .now = now};
  }

  Timestamp now = Timestamp(std::chrono::seconds(1'800'000'000));
  Approval approval;
  Grant grant;
};

TEST_F(Clearance, H49_WithEverythingItIsCleared) {
  EXPECT_EQ(missing_for_clearance(whole()), Missing{});
  PlanEvidence passed = whole();
  passed.validated = PlanStatus::pass;
  passed.approval = nullptr;
  passed.grant = nullptr;
  EXPECT_EQ(missing_for_clearance(passed), Missing{}) << "what passed needs nobody";
}

TEST_F(Clearance, H49_RemovingAnyOneIsNamed) {
  PlanEvidence evidence = whole();
  evidence.validated = std::nullopt;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{not_validated});
  evidence = whole();
  evidence.validated = PlanStatus::reject;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{plan_rejected}) << "no approval lifts that";
  evidence = whole();
  evidence.grant = nullptr;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{not_approved});
  evidence = whole();
  grant.consumed_at = std::nullopt;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{not_consumed});
  grant.consumed_at = now;
  evidence.diff_matches = std::nullopt;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{diff_missing});
  evidence.diff_matches = false;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{diff_failed});
  evidence = whole();
  evidence.is_stopped = true;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{kill_switch});
}

TEST_F(Clearance, EverythingThatIsMissingIsListedAtOnce) {
  const PlanEvidence nothing{.validated = std::nullopt,
                             .approval = nullptr,
                             .grant = nullptr,
                             .latest = std::nullopt,
                             .diff_matches = std::nullopt,
                             .is_stopped = true,
                             .now = now};
  EXPECT_EQ(missing_for_clearance(nothing),
            (Missing{not_validated, not_approved, diff_missing, kill_switch}));
}

TEST_F(Clearance, AGrantIsUsedForOneRun) {
  PlanEvidence evidence = whole();
  evidence.latest = Execution{.state = ExecutionState::started};
  EXPECT_EQ(missing_for_clearance(evidence), Missing{already_consumed});
  evidence.latest->state = ExecutionState::unknown;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{already_consumed});
  evidence.latest->state = ExecutionState::failure;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{}) << "a definite failure may be tried again";
  approval.status = Status::executed;
  EXPECT_EQ(missing_for_clearance(evidence), Missing{already_consumed});
}

}  // namespace
}  // namespace assent
