#include "app/clearance.h"

#include "app/kill_switch.h"
#include "app/plan_judgement.h"
#include "app/request_parts.h"
#include "store/state/grants.h"
#include "store/state/kill_switches.h"
#include "store/state/policies.h"

#include <algorithm>

namespace assent::app {

namespace {

// Whoever starts knows best what will run: what others compared counts only for who compared
// nothing.
Result<std::optional<store::PlanComparison>> comparison_of(const store::Read& read,
                                                           std::string_view ir_hash) {
  auto own = TRY(store::plan_comparison(read, ir_hash, read.caller().principal.id));
  if (own) return own;
  return store::latest_plan_comparison(read, ir_hash);
}

// The statuses are in the order of their strictness.
Result<std::optional<PlanStatus>> status_of(const store::Read& read,
                                            const std::optional<store::ValidatedPlan>& plan) {
  if (!plan) return std::optional<PlanStatus>();
  const auto policy = TRY(store::current_policy(read));
  if (plan->policy_version == policy.version || plan->content.is_null()) {
    return std::optional(plan->status);
  }
  const PlanJudgement judgement = TRY(judgement_of(plan->ir_hash, policy));
  return std::optional(std::max(plan->status, judgement.status));
}

Result<PlanCase> judged(const store::Read& read, PlanCase found,
                        const std::optional<Execution>& latest) {
  // Of a plan that nobody can read, no action is known: the wider switches stop it all the same.
  const bool is_known = found.plan && !found.plan->content.is_null();
  const auto stop = TRY(is_known ? stopping_plan(read, found.plan->ir_hash)
                                 : store::stopping_kill_switch(read, std::nullopt));
  PlanEvidence evidence{.validated = std::nullopt,
                        .approval = found.approval ? &*found.approval : nullptr,
                        .grant = found.grant ? &*found.grant : nullptr,
                        .latest = latest,
                        .diff_matches = std::nullopt,
                        .is_stopped = stop.has_value(),
                        .now = read.now()};
  evidence.validated = found.status;
  if (found.comparison) evidence.diff_matches = found.comparison->matches;
  found.missing = missing_for_clearance(evidence);
  return found;
}

}  // namespace

Result<PlanCase> plan_case(const store::Read& read, std::string_view ir_hash) {
  PlanCase found{.plan = TRY(store::validated_plan(read, ir_hash)),
                 .status = std::nullopt,
                 .comparison = std::nullopt,
                 .approval = std::nullopt,
                 .grant = std::nullopt,
                 .missing = {}};
  std::optional<Execution> latest;
  found.comparison = TRY(comparison_of(read, ir_hash));
  found.status = TRY(status_of(read, found.plan));
  if (found.status == PlanStatus::escalate) {
    found.approval = TRY(store::approval_of_plan(read, ir_hash));
  }
  if (found.approval) {
    found.grant = TRY(store::grant_of(read, found.approval->id));
    latest = TRY(store::latest_execution(read, found.approval->id));
  }
  return judged(read, std::move(found), latest);
}

Result<PlanCase> plan_case(const store::Read& read, const Approval& approval, const Grant& grant,
                           const std::optional<Execution>& latest) {
  PlanCase found{.plan = TRY(store::validated_plan(read, approval.content_hash)),
                 .status = std::nullopt,
                 .comparison = std::nullopt,
                 .approval = approval,
                 .grant = grant,
                 .missing = {}};
  found.comparison = TRY(comparison_of(read, approval.content_hash));
  found.status = TRY(status_of(read, found.plan));
  return judged(read, std::move(found), latest);
}

Result<Json> plan_content(const store::Read& read, const store::ValidatedPlan& plan) {
  return request_part(read, plan.content, "plan");
}

}  // namespace assent::app
