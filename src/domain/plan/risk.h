// How risky one step is, and why. For check.cc.
#pragma once

#include "domain/plan/catalogue.h"
#include "domain/plan/plan.h"

#include <string>

namespace assent {

struct StepRisk {
  RiskTier tier = RiskTier::none;
  std::string reason;  // Everything that gives the step its tier, the most specific first.
};

// `action` is what the catalogue says of the step's action; null if it says nothing.
StepRisk assess_risk(const PlanStep& step, const PlanAction* action,
                     const PlanCatalogue& catalogue);

}  // namespace assent
