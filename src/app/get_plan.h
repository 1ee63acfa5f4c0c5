// A plan as it was validated last, and what is missing before it may run.
#pragma once

#include "app/operation.h"
#include "domain/plan/check.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct GetPlan {
  std::string ir_hash;
};
void describe(Fields& fields, GetPlan& in);

struct PlanDiffView {
  bool all_hashes_match = false;
  std::string dag_hash;
  Timestamp verified_at;
  PrincipalId compared_by;
};
void describe(Fields& fields, PlanDiffView& view);

struct PlanView {
  std::string ir_hash;
  PlanStatus status = PlanStatus::reject;
  RiskTier risk_tier = RiskTier::high;
  std::int64_t step_count = 0;
  std::optional<std::string> request_id;
  std::int64_t policy_version = 0;
  Timestamp validated_at;
  std::optional<PrincipalId> planned_by;
  std::optional<Json> plan;
  std::optional<PlanDiffView> diff;  // The caller's, or else the latest.
  std::optional<ApprovalId> approval_id;
  bool is_cleared = false;
  std::vector<std::string> missing;
};
void describe(Fields& fields, PlanView& out);

Result<PlanView> get_plan(const store::Read& read, const GetPlan& in);

}  // namespace assent::app
