#include "app/validate_plan.h"

#include "app/request_parts.h"
#include "store/state/policies.h"

namespace assent::app {

namespace {

// A text that is no JSON is a plan that nobody can read.
PlanReading unreadable(const Error& error) {
  PlanReading reading;
  const bool has_place = !error.fields.empty();
  reading.violations.push_back({.step_index = std::nullopt,
                                .code = "INVALID_JSON",
                                .message = has_place ? error.fields[0].message : error.detail,
                                .path = has_place ? error.fields[0].path : std::string(),
                                .severity = ViolationSeverity::error});
  return reading;
}

// The tenant is the key's. A plan that says another is no plan to be judged here.
Result<void> check_tenant(const Json& document, const Caller& caller) {
  const auto said = document.string_at("tenantId");
  if (!said || *said == caller.tenant.name) return {};
  return error_at(Code::insufficient_permissions, "tenantId", "is not the tenant of this key");
}

Result<void> check_size(const Json& document) {
  const Json* const steps = document.find("steps");
  if (steps == nullptr || !steps->is_array() || steps->items().size() <= kPlanStepsMax) return {};
  return error_at(Code::too_large, "steps",
                  "has more than " + std::to_string(kPlanStepsMax) + " items");
}

Json violations_of(const PlanVerdict& verdict) {
  Json list = Json::array();
  for (const PlanViolation& violation : verdict.violations) list.push(to_json(violation));
  return list;
}

Json high_risk_of(const PlanVerdict& verdict) {
  Json list = Json::array();
  for (const HighRiskStep& step : verdict.high_risk_steps) {
    list.push(Json::object({{"stepIndex", static_cast<std::int64_t>(step.step_index)},
                            {"action", step.action},
                            {"provider", step.provider},
                            {"riskTier", word(step.risk_tier)},
                            {"brainTier", brain_tier(step.risk_tier)},
                            {"reason", step.reason}}));
  }
  return list;
}

std::string event_of(PlanStatus status) {
  switch (status) {
    case PlanStatus::pass:
      return "ir.validated_pass";
    case PlanStatus::escalate:
      return "ir.validated_escalate";
    case PlanStatus::reject:
      return "ir.validated_reject";
  }
  return {};
}

Json data_of(const PlanValidation& out, const ValidatePlan& in, const store::CurrentPolicy& policy,
             const Principal& by) {
  Json data = Json::object({{"requestId", out.request_id},
                            {"riskTier", word(out.risk_tier)},
                            {"brainTier", out.brain_tier},
                            {"requiresApproval", out.requires_approval},
                            {"stepCount", out.step_count},
                            {"policyVersion", policy.version}});
  data.set("irHash", out.ir_hash ? Json(*out.ir_hash) : Json());
  data.set("plannedBy", by.id.text());
  if (by.owner) data.set("plannerOwner", by.owner->text());
  if (policy.version > 0) data.set("policySha256", policy.sha256);
  set_shortened(data, "violations", out.violations);
  if (out.status == PlanStatus::escalate) {
    set_shortened(data, "highRiskSteps", out.high_risk_steps);
  }
  if (out.status == PlanStatus::reject) return data;
  if (!in.plan.is_null()) data.set("plan", in.plan);
  if (!in.plan_blob.is_null()) data.set("planBlob", in.plan_blob);
  return data;
}

}  // namespace

Result<void> take_body(ValidatePlan& in, const RawBody& body) {
  auto document = parse_json(body.text);
  if (document) {
    in.document = *std::move(document);
  } else {
    in.no_json = std::move(document).error();
  }
  return {};
}

bool blocks(const ValidatePlan&) {
  return true;  // The policy is read, a thousand steps are judged, and a large plan goes to a blob.
}

Result<void> prepare(ValidatePlan& in, const Preparation& preparation) {
  TRY(check_tenant(in.document, preparation.caller));
  TRY(check_size(in.document));
  in.reading =
      in.no_json ? unreadable(*in.no_json) : read_plan(in.document, preparation.caller.tenant.name);
  if (in.reading.plan) {
    in.ir_hash = ir_hash(*in.reading.plan);
    in.plan = TRY(spill(semantic_json(*in.reading.plan), preparation, in.plan_blob));
  }
  const auto policy = TRY(store::current_policy(*preparation.read));
  in.verdict = check_plan(in.reading, policy.policy->plans);
  in.policy_version = policy.version;
  return {};
}

Result<PlanValidation> validate_plan(store::Write& write, const ValidatePlan& in) {
  const auto policy = TRY(store::current_policy(write));
  // A policy that was put since the preparation has the last word.
  if (policy.version != in.policy_version) {
    return Error{Code::not_ready, "the policy has changed since the plan was judged"};
  }
  const PlanVerdict& verdict = in.verdict;
  const std::string& request_id = in.reading.request_id.value_or(write.trace());
  PlanValidation out{.status = verdict.status,
                     .ir_hash = in.ir_hash,
                     .request_id = request_id,
                     .risk_tier = verdict.risk_tier,
                     .brain_tier = brain_tier(verdict.risk_tier),
                     .requires_approval = verdict.requires_approval,
                     .violations = violations_of(verdict),
                     .high_risk_steps = high_risk_of(verdict),
                     .step_count = static_cast<std::int64_t>(in.reading.step_count),
                     .policy_version = policy.version,
                     .validated_at = write.now()};
  TRY(write.record({.type = event_of(out.status),
                    .subject = "plan/" + out.ir_hash.value_or("unreadable"),
                    .data = data_of(out, in, policy, write.caller().principal),
                    .correlation_id = out.request_id}));
  return out;
}

void describe(Fields&, ValidatePlan&) {
  // The body is the plan itself: take_body() reads it.
}

void describe(Fields& fields, PlanValidation& out) {
  fields.field("status", out.status, "PASS, ESCALATE (people decide) or REJECT (final)");
  fields.field("irHash", out.ir_hash,
               "what an approval and a run are bound to; none if unreadable");
  fields.field("requestId", out.request_id, "as the plan says, or the trace id");
  fields.field("riskTier", out.risk_tier, "the riskiest step's");
  fields.field("brainTier", out.brain_tier, "the same from 0 to 3");
  fields.field("requiresApproval", out.requires_approval, "whether the status is ESCALATE");
  fields.field("violations", out.violations, "what is wrong: stepIndex, code, message, severity");
  fields.field("highRiskSteps", out.high_risk_steps, "which steps need people, and why");
  fields.field("stepCount", out.step_count, "how many steps there are");
  fields.field("policyVersion", out.policy_version, "the policy that judged it");
  fields.field("validatedAt", out.validated_at, "the commit's time");
}

}  // namespace assent::app
