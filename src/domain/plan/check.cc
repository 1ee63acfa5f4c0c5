#include "domain/plan/check.h"

#include "domain/plan/risk.h"
#include "domain/plan/step_reader.h"

#include <algorithm>
#include <array>

namespace assent {
namespace {

constexpr PlanPlace kRoot;
constexpr PlanPlace kSteps = {&kRoot, "steps"};

// What the catalogue has against the step; its action, or nothing if it does not know it.
const PlanAction* check_catalogue(const PlanStep& step, const PlanPlace& at,
                                  const PlanCatalogue& catalogue, PlanFindings& findings) {
  const auto action = catalogue.actions.find(step.action);
  const bool is_known = action != catalogue.actions.end();
  if (!is_known) {
    findings.add("UNKNOWN_ACTION",
                 "Unknown action: " + quoted(step.action) +
                     ". Must be from the actions of the policy's plans.",
                 {&at, "action"});
  }
  if (!catalogue.providers.contains(step.provider)) {
    findings.add("UNKNOWN_PROVIDER",
                 "Unknown provider: " + quoted(step.provider) +
                     ". Must be from the providers of the policy's plans.",
                 {&at, "provider"});
  } else if (is_known) {
    const auto& able = action->second.providers;
    if (std::find(able.begin(), able.end(), step.provider) == able.end()) {
      findings.add("PROVIDER_MISMATCH",
                   "Provider " + quoted(step.provider) + " cannot do " + quoted(step.action) + ".",
                   {&at, "provider"});
    }
  }
  return is_known ? &action->second : nullptr;
}

}  // namespace

template <>
std::span<const std::string_view> words<PlanStatus>() {
  static constexpr std::array<std::string_view, 3> kWords = {"PASS", "ESCALATE", "REJECT"};
  return kWords;
}

std::int64_t brain_tier(RiskTier tier) {
  switch (tier) {
    case RiskTier::none:
      return 0;
    case RiskTier::low:
      return 1;
    case RiskTier::medium:
      return 2;
    case RiskTier::high:
    case RiskTier::critical:
      return 3;
  }
  return 3;
}

PlanVerdict check_plan(const PlanReading& reading, const PlanCatalogue& catalogue) {
  PlanVerdict verdict;
  PlanFindings findings(reading.violations);
  if (reading.plan) {
    verdict.risk_tier = RiskTier::none;
    for (std::size_t i = 0; i < reading.plan->steps.size(); ++i) {
      const PlanStep& step = reading.plan->steps[i];
      findings.set_index(i);
      const PlanAction* const action = check_catalogue(step, {&kSteps, {}, i}, catalogue, findings);
      StepRisk risk = assess_risk(step, action, catalogue);
      verdict.risk_tier = std::max(verdict.risk_tier, risk.tier);
      if (risk.tier < catalogue.escalate_from) continue;
      verdict.high_risk_steps.push_back(
          {i, step.action, step.provider, risk.tier, std::move(risk.reason)});
    }
  }
  if (!reading.plan || findings.error_count() > 0) {
    verdict.status = PlanStatus::reject;
  } else if (verdict.risk_tier >= catalogue.escalate_from) {
    verdict.status = PlanStatus::escalate;
  } else {
    verdict.status = PlanStatus::pass;
  }
  verdict.requires_approval = verdict.status == PlanStatus::escalate;
  verdict.violations = findings.take();
  return verdict;
}

}  // namespace assent
