#include "app/diff_plan.h"

#include "app/clearance.h"
#include "app/request_parts.h"

namespace assent::app {

namespace {

Result<Plan> plan_from(const Json& document, const Preparation& preparation) {
  PlanReading reading = read_plan(document, preparation.caller.tenant.name);
  if (reading.plan) return std::move(*reading.plan);
  Error error{Code::unprocessable, "the plan cannot be read", {}};
  for (const PlanViolation& violation : reading.violations) {
    const std::string at = violation.path.empty() ? "plan" : "plan." + violation.path;
    error.fields.push_back({at, violation.code + ": " + violation.message});
  }
  return error;
}

Result<Plan> plan_of(const DiffPlan& in, const Preparation& preparation) {
  if (in.plan) {
    const auto said = in.plan->value.string_at("tenantId");
    if (said && *said != preparation.caller.tenant.name) {
      return error_at(Code::insufficient_permissions, "plan.tenantId",
                      "is not the tenant of this key");
    }
    return plan_from(in.plan->value, preparation);
  }
  const store::Read& read = *preparation.read;
  const auto validated = TRY(store::validated_plan(read, *in.ir_hash));
  if (!validated) return Error{Code::not_found, "There is no such plan."};
  if (validated->content.is_null()) {
    return Error{Code::invalid_state, "the plan was rejected: there is nothing to compare with"};
  }
  Plan plan = TRY(plan_from(TRY(plan_content(read, *validated)), preparation));
  plan.request_id = validated->request_id;
  return plan;
}

Json shortened(const Json& details) {
  Json kept = Json::object();
  for (const auto& [name, list] : details.members()) set_shortened(kept, name, list);
  return kept;
}

}  // namespace

bool blocks(const DiffPlan&) {
  return true;  // The plan is looked up, and a thousand nodes are hashed.
}

Result<void> prepare(DiffPlan& in, const Preparation& preparation) {
  if (in.ir_hash.has_value() == in.plan.has_value()) {
    return error_at(Code::validation_error, "irHash",
                    in.plan ? "is not said beside the plan itself" : "is required, or the plan");
  }
  const Plan plan = TRY(plan_of(in, preparation));
  in.hash = ir_hash(plan);
  in.request_id = plan.request_id;
  in.step_count = static_cast<std::int64_t>(plan.steps.size());
  in.diff = assent::diff_plan(plan, in.dag.value);
  return {};
}

Result<PlanCompared> diff_plan(store::Write& write, const DiffPlan& in) {
  PlanCompared out{.all_hashes_match = in.diff.ok,
                   .ir_hash = in.hash,
                   .dag_hash = in.diff.dag_hash,
                   .request_id = in.request_id.value_or(write.trace()),
                   .step_count = in.step_count,
                   .dag_node_count = static_cast<std::int64_t>(in.diff.dag_node_count),
                   .mismatch_details = std::nullopt,
                   .verified_at = write.now()};
  Json data = Json::object({{"requestId", out.request_id},
                            {"irHash", out.ir_hash},
                            {"dagHash", out.dag_hash},
                            {"stepCount", out.step_count},
                            {"dagNodeCount", out.dag_node_count},
                            {"allHashesMatch", out.all_hashes_match},
                            {"comparedBy", write.caller().principal.id.text()},
                            {"verifiedAt", to_rfc3339(out.verified_at)}});
  if (!out.all_hashes_match) {
    out.mismatch_details = in.diff.mismatch_details;
    data.set("mismatchDetails", shortened(in.diff.mismatch_details));
  }
  TRY(write.record({.type = out.all_hashes_match ? "ir.dag_diff_ok" : "ir.dag_diff_failed",
                    .subject = "plan/" + out.ir_hash,
                    .data = std::move(data),
                    .correlation_id = out.request_id}));
  return out;
}

void describe(Fields& fields, DiffPlan& in) {
  fields.field("irHash", in.ir_hash, "of a plan that was validated", {.length_max = 71});
  fields.field("plan", in.plan, "the plan itself, instead of its hash");
  fields.field("dag", in.dag, "what will run: {nodes: [{irStepId, irStepHash?, action, …}]}");
}

void describe(Fields& fields, PlanCompared& out) {
  fields.field("allHashesMatch", out.all_hashes_match, "whether what will run is the plan");
  fields.field("irHash", out.ir_hash, "of the plan");
  fields.field("dagHash", out.dag_hash, "of the plan that the nodes make; the same if all match");
  fields.field("requestId", out.request_id, "the plan's, or the trace id");
  fields.field("stepCount", out.step_count, "steps of the plan");
  fields.field("dagNodeCount", out.dag_node_count, "nodes of the DAG");
  fields.field("mismatchDetails", out.mismatch_details,
               "missingIrSteps, extraDagNodes, hashMismatches and violations");
  fields.field("verifiedAt", out.verified_at, "the commit's time");
}

}  // namespace assent::app
