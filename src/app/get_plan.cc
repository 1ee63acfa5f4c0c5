#include "app/get_plan.h"

#include "app/clearance.h"

namespace assent::app {

Result<PlanView> get_plan(const store::Read& read, const GetPlan& in) {
  const PlanCase found = TRY(plan_case(read, in.ir_hash));
  if (!found.plan) return Error{Code::not_found, "There is no such plan."};
  const store::ValidatedPlan& plan = *found.plan;
  PlanView out{.ir_hash = plan.ir_hash,
               .status = plan.status,
               .risk_tier = plan.risk_tier,
               .step_count = plan.step_count,
               .request_id = plan.request_id,
               .policy_version = plan.policy_version,
               .validated_at = plan.validated_at,
               .planned_by = plan.planned_by,
               .plan = std::nullopt,
               .diff = std::nullopt,
               .approval_id = std::nullopt,
               .is_cleared = found.missing.empty(),
               .missing = {}};
  if (!plan.content.is_null()) out.plan = TRY(plan_content(read, plan));
  if (found.approval) out.approval_id = found.approval->id;
  if (const auto& comparison = found.comparison) {
    out.diff = PlanDiffView{.all_hashes_match = comparison->matches,
                            .dag_hash = comparison->dag_hash,
                            .verified_at = comparison->compared_at,
                            .compared_by = comparison->compared_by};
  }
  for (const GrantRefusal missing : found.missing) out.missing.emplace_back(word(missing));
  return out;
}

void describe(Fields& fields, GetPlan& in) {
  fields.path("irHash", in.ir_hash, "of the plan");
}

void describe(Fields& fields, PlanDiffView& view) {
  fields.field("allHashesMatch", view.all_hashes_match, "whether what will run is the plan");
  fields.field("dagHash", view.dag_hash, "of the plan that the nodes make");
  fields.field("verifiedAt", view.verified_at, "when it was compared");
  fields.field("comparedBy", view.compared_by, "by whom");
}

void describe(Fields& fields, PlanView& out) {
  fields.field("irHash", out.ir_hash, "what an approval and a run are bound to");
  fields.field("status", out.status, "PASS, ESCALATE or REJECT, as it was validated last");
  fields.field("riskTier", out.risk_tier, "the riskiest step's");
  fields.field("stepCount", out.step_count, "how many steps there are");
  fields.field("requestId", out.request_id, "as the plan said when it was validated last");
  fields.field("policyVersion", out.policy_version, "the policy that judged it");
  fields.field("validatedAt", out.validated_at, "when");
  fields.field("plannedBy", out.planned_by, "who had it validated first, and cannot approve it");
  fields.field("plan", out.plan, "what is hashed: tenantId and steps");
  fields.field("diff", out.diff,
               "the caller's latest comparison with what will run, or else anybody's: what counts "
               "at a start");
  fields.field("approvalId", out.approval_id, "the approval that counts");
  fields.field("isCleared", out.is_cleared, "whether the caller may run it now");
  fields.field("missing", out.missing, "what it lacks, in the order in which one would get it");
}

}  // namespace assent::app
