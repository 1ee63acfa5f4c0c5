// What speaks for the caller's running a plan, gathered from the state, and what is missing
// (domain/plan/).
#pragma once

#include "app/operation.h"
#include "domain/plan/clearance.h"
#include "store/state/plans.h"

#include <optional>
#include <string_view>
#include <vector>

namespace assent::app {

struct PlanCase {
  std::optional<store::ValidatedPlan> plan;
  // As it was validated, or as the policy in force has it, where that is stricter by now.
  std::optional<PlanStatus> status;
  std::optional<store::PlanComparison> comparison;  // The caller's latest, or else anybody's.
  // Of a plan that needs one: the newest that counts.
  std::optional<Approval> approval;
  std::optional<Grant> grant;
  std::vector<GrantRefusal> missing;  // Empty: it may run.
};

// Of the plan with this hash.
Result<PlanCase> plan_case(const store::Read& read, std::string_view ir_hash);
// Of the plan that this approval is for, by its own grant and last attempt.
Result<PlanCase> plan_case(const store::Read& read, const Approval& approval, const Grant& grant,
                           const std::optional<Execution>& latest);

// The plan itself: `{steps, tenantId}`. REQUIRES: it was not rejected.
Result<Json> plan_content(const store::Read& read, const store::ValidatedPlan& plan);

}  // namespace assent::app
