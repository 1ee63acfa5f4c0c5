// A plan that needs people is put before them. What they approve is its hash, and nothing else.
#pragma once

#include "app/asked.h"
#include "app/operation.h"
#include "store/state/plans.h"

#include <cstdint>
#include <optional>
#include <string>

namespace assent::app {

struct CreatePlanApproval {
  std::string ir_hash;
  std::optional<std::int64_t> ttl_seconds;  // Of the token, from the decision on.
  std::optional<std::string> title, reason;
  std::optional<Timestamp> expires_at;
};
void describe(Fields& fields, CreatePlanApproval& in);

struct PlanApproval {
  ApprovalId id;
  Status status = Status::pending;
  std::string ir_hash;
  RiskTier risk_tier = RiskTier::high;
  Timestamp expires_at;
  std::int64_t ttl_seconds = 3600;
  std::string why;
  std::optional<std::string> notice;
};
void describe(Fields& fields, PlanApproval& out);

Result<PlanApproval> create_plan_approval(store::Write& write, const CreatePlanApproval& in);

// The caller's new approval of the plan as the policy in force has it, not recorded yet, and what
// its event says besides.
struct PlanAsked {
  RequestApproval said;
  Asked asked;
};
Result<PlanAsked> ask_for_plan(store::Write& write, const store::ValidatedPlan& plan);

}  // namespace assent::app
