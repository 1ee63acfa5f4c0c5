// Plans as the state tables have them: how each was classified last, and how its compiled form was
// compared last, by each who did. Everything is of the reader's tenant; errors as in approvals.h.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/approval.h"
#include "domain/plan/check.h"
#include "store/read.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent::store {

struct ValidatedPlan {
  std::string ir_hash;
  PlanStatus status = PlanStatus::reject;
  RiskTier risk_tier = RiskTier::high;
  std::int64_t step_count = 0;
  std::int64_t policy_version = 0;
  std::optional<std::string> request_id;  // The last validation's.
  Json content;                           // `{plan}` or `{planBlob}`; null of a rejected one.
  Timestamp validated_at;
  // Who had it validated first, and the human behind that agent; nothing where it was not kept.
  std::optional<PrincipalId> planned_by, planner_owner;
};

struct PlanComparison {
  PrincipalId compared_by;
  bool matches = false;
  std::string dag_hash;
  Timestamp compared_at;
};

// Nothing: no plan with this hash was validated in this tenant.
Result<std::optional<ValidatedPlan>> validated_plan(const Read& read, std::string_view ir_hash);
// The latest of that principal; nothing: it never compared it.
Result<std::optional<PlanComparison>> plan_comparison(const Read& read, std::string_view ir_hash,
                                                      const PrincipalId& by);
// The latest of all; nothing: nobody ever compared it.
Result<std::optional<PlanComparison>> latest_plan_comparison(const Read& read,
                                                             std::string_view ir_hash);

// The approval that counts for a run: of those that are approved and not over the newest whose
// token was presented, or else the newest; or else the newest that was run. Nothing if none was
// ever given.
Result<std::optional<Approval>> approval_of_plan(const Read& read, std::string_view ir_hash);

// The newest that was ever asked for, whatever became of it.
Result<std::optional<Approval>> any_approval_of_plan(const Read& read, std::string_view ir_hash);

}  // namespace assent::store
