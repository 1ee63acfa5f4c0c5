// A plan is classified, without any model: it passes, needs people, or is rejected. The answer and
// the plan are on the log, whatever it is.
#pragma once

#include "app/operation.h"
#include "domain/plan/check.h"
#include "domain/plan/plan.h"

#include <cstdint>
#include <optional>
#include <string>

namespace assent::app {

struct ValidatePlan {
  Json document;                 // As it came; null where it is no JSON that can be a plan.
  std::optional<Error> no_json;  // Why it is none.

  // Made by prepare().
  PlanReading reading;
  std::optional<std::string> ir_hash;  // Nothing: no plan could be read.
  Json plan, plan_blob;                // `{steps, tenantId}`, or where it lies.
  PlanVerdict verdict;
  std::int64_t policy_version = 0;  // By which it was judged.
};
void describe(Fields& fields, ValidatePlan& in);
Result<void> take_body(ValidatePlan& in, const RawBody& body);
Result<void> prepare(ValidatePlan& in, const Preparation& preparation);
bool blocks(const ValidatePlan& in);

struct PlanValidation {
  PlanStatus status = PlanStatus::reject;
  std::optional<std::string> ir_hash;
  std::string request_id;
  RiskTier risk_tier = RiskTier::high;
  std::int64_t brain_tier = 3;
  bool requires_approval = false;
  Json violations = Json::array();
  Json high_risk_steps = Json::array();
  std::int64_t step_count = 0;
  std::int64_t policy_version = 0;
  Timestamp validated_at;
};
void describe(Fields& fields, PlanValidation& out);

Result<PlanValidation> validate_plan(store::Write& write, const ValidatePlan& in);

}  // namespace assent::app
