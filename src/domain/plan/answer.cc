#include "domain/plan/answer.h"

namespace assent {

PolicyAnswer answer_to_plan(const Policy& policy, PlanStatus status, RiskTier risk_tier) {
  PolicyAnswer answer;
  const std::string tier(word(risk_tier));
  switch (status) {
    case PlanStatus::reject:
      answer.entry = &policy.plan_refusal;
      answer.why = "the plan is rejected";
      break;
    case PlanStatus::escalate:
      answer.entry = &policy.plan_entries[static_cast<std::size_t>(risk_tier)];
      answer.why = "the plan's risk is " + tier + ", so a person decides";
      break;
    case PlanStatus::pass:
      answer.entry = &policy.plan_passes[static_cast<std::size_t>(risk_tier)];
      answer.why = "the plan's risk is " + tier + ", so it passes";
      break;
  }
  return answer;
}

PolicyAnswer evaluate_plan(const Policy& policy, const Json& plan) {
  const PlanReading reading = read_plan(plan, plan.string_at("tenantId").value_or(""));
  const PlanVerdict verdict = check_plan(reading, policy.plans);
  return answer_to_plan(policy, verdict.status, verdict.risk_tier);
}

}  // namespace assent
