// May this plan run: at once, after a person's yes, or never. Without any model, and the same
// answer every time. Pure.
#pragma once

#include "domain/plan/catalogue.h"
#include "domain/plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

enum class PlanStatus { pass, escalate, reject };
template <>
std::span<const std::string_view> words<PlanStatus>();  // PASS, ESCALATE, REJECT.

struct HighRiskStep {
  std::size_t step_index = 0;
  std::string action;
  std::string provider;
  RiskTier risk_tier = RiskTier::high;
  std::string reason;  // "Critical Odoo model: account.move"; several are parted by "; ".
};

struct PlanVerdict {
  PlanStatus status = PlanStatus::reject;
  RiskTier risk_tier = RiskTier::high;    // The highest of the steps; high if it cannot be read.
  std::vector<PlanViolation> violations;  // The reading's, then the catalogue's.
  std::vector<HighRiskStep> high_risk_steps;  // From the tier on that escalates.
  bool requires_approval = false;             // Exactly if it escalates.
};

// The tier of a step is the highest that its action, its environment, what it touches and how much
// of that have. What the catalogue does not know is high.
PlanVerdict check_plan(const PlanReading& reading, const PlanCatalogue& catalogue);

// The scale of BRAiN: none 0, low 1, medium 2, high and critical 3.
std::int64_t brain_tier(RiskTier tier);

}  // namespace assent
