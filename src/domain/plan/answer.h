// What the policy says to a plan, in the form in which it answers to everything else. Pure.
#pragma once

#include "domain/plan/check.h"
#include "domain/policy.h"

namespace assent {

// To a plan that was found to be so risky.
PolicyAnswer answer_to_plan(const Policy& policy, PlanStatus status, RiskTier risk_tier);

// To the plan itself, `{steps, tenantId}`: one that this policy would not pass is no longer what
// another policy made of it.
PolicyAnswer evaluate_plan(const Policy& policy, const Json& plan);

}  // namespace assent
