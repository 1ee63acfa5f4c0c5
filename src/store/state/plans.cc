#include "store/state/plans.h"

#include "store/state/approvals.h"
#include "store/state/row.h"

namespace assent::store {
namespace {

constexpr std::string_view kPlan = R"sql(
  SELECT ir_hash, status, risk_tier, step_count, policy_version, request_id, plan, validated_at,
         planned_by, planner_owner
    FROM plans
   WHERE tenant = $1 AND ir_hash = $2)sql";

constexpr std::string_view kComparison = R"sql(
  SELECT compared_by, matches, dag_hash, compared_at
    FROM plan_comparisons
   WHERE tenant = $1 AND ir_hash = $2 AND compared_by = $3)sql";

constexpr std::string_view kLatestComparison = R"sql(
  SELECT compared_by, matches, dag_hash, compared_at
    FROM plan_comparisons
   WHERE tenant = $1 AND ir_hash = $2
   ORDER BY compared_at DESC, matches, compared_by
   LIMIT 1)sql";

constexpr std::string_view kApproval = R"sql(
  SELECT approvals.id
    FROM approvals
    LEFT JOIN grants ON grants.tenant = approvals.tenant AND grants.approval = approvals.id
   WHERE approvals.tenant = $1 AND approvals.content_hash = $2 AND approvals.kind = 'plan'
     AND approvals.status IN ('approved', 'executed', 'unknown')
   ORDER BY approvals.status = 'approved' DESC, grants.consumed_at IS NOT NULL DESC,
            grants.expired_at IS NULL DESC, approvals.id DESC
   LIMIT 1)sql";

constexpr std::string_view kAnyApproval = R"sql(
  SELECT id
    FROM approvals
   WHERE tenant = $1 AND content_hash = $2 AND kind = 'plan'
   ORDER BY id DESC
   LIMIT 1)sql";

Result<std::optional<PlanComparison>> comparison_from(std::unique_ptr<Rows> rows) {
  if (!TRY(rows->next())) return std::optional<PlanComparison>();
  RowReader row(*rows, "plan_comparisons");
  PlanComparison comparison{.compared_by = row.id<PrincipalId>(0),
                            .matches = row.flag(1),
                            .dag_hash = row.text(2),
                            .compared_at = row.time(3)};
  TRY(row.finish());
  return std::optional(std::move(comparison));
}

Result<std::optional<Approval>> approval_from(const Read& read, std::unique_ptr<Rows> rows) {
  if (!TRY(rows->next())) return std::optional<Approval>();
  RowReader row(*rows, "approvals");
  const auto id = row.id<ApprovalId>(0);
  TRY(row.finish());
  return std::optional(TRY(approval(read, id)));
}

}  // namespace

Result<std::optional<ValidatedPlan>> validated_plan(const Read& read, std::string_view ir_hash) {
  const auto rows = TRY(read.connection().query(kPlan, {read.tenant_key(), ir_hash}));
  if (!TRY(rows->next())) return std::optional<ValidatedPlan>();
  RowReader row(*rows, "plans");
  ValidatedPlan plan{.ir_hash = row.text(0),
                     .status = row.as_word<PlanStatus>(1),
                     .risk_tier = row.as_word<RiskTier>(2),
                     .step_count = row.integer(3),
                     .policy_version = row.integer(4),
                     .request_id = row.optional_text(5),
                     .content = row.json(6),
                     .validated_at = row.time(7),
                     .planned_by = row.optional_id<PrincipalId>(8),
                     .planner_owner = row.optional_id<PrincipalId>(9)};
  TRY(row.finish());
  return std::optional(std::move(plan));
}

Result<std::optional<PlanComparison>> plan_comparison(const Read& read, std::string_view ir_hash,
                                                      const PrincipalId& by) {
  return comparison_from(
      TRY(read.connection().query(kComparison, {read.tenant_key(), ir_hash, bytes_of(by)})));
}

Result<std::optional<PlanComparison>> latest_plan_comparison(const Read& read,
                                                             std::string_view ir_hash) {
  return comparison_from(
      TRY(read.connection().query(kLatestComparison, {read.tenant_key(), ir_hash})));
}

Result<std::optional<Approval>> approval_of_plan(const Read& read, std::string_view ir_hash) {
  return approval_from(read, TRY(read.connection().query(kApproval, {read.tenant_key(), ir_hash})));
}

Result<std::optional<Approval>> any_approval_of_plan(const Read& read, std::string_view ir_hash) {
  return approval_from(read,
                       TRY(read.connection().query(kAnyApproval, {read.tenant_key(), ir_hash})));
}

}  // namespace assent::store
