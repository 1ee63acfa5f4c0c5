#include "base/canonical.h"
#include "domain/plan/check.h"
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kValidate = R"sql(
  INSERT INTO plans (tenant, ir_hash, status, risk_tier, step_count, policy_version, request_id,
                     plan, validated_at, planned_by, planner_owner)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  ON CONFLICT (tenant, ir_hash) DO UPDATE
          SET status = excluded.status, risk_tier = excluded.risk_tier,
              policy_version = excluded.policy_version, request_id = excluded.request_id,
              plan = excluded.plan, validated_at = excluded.validated_at)sql";

constexpr std::string_view kCompare = R"sql(
  INSERT INTO plan_comparisons (tenant, ir_hash, compared_by, matches, dag_hash, compared_at)
       VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (tenant, ir_hash, compared_by) DO UPDATE
          SET matches = excluded.matches, dag_hash = excluded.dag_hash,
              compared_at = excluded.compared_at)sql";

PlanStatus status_of(std::string_view type) {
  if (type == "ir.validated_pass") return PlanStatus::pass;
  return type == "ir.validated_escalate" ? PlanStatus::escalate : PlanStatus::reject;
}

// Where the plan is: what an approval of it takes over as its subject.
std::optional<std::string> content_of(FactFields& fields, PlanStatus status) {
  if (status == PlanStatus::reject) return std::nullopt;
  if (fields.has("plan") == fields.has("planBlob")) fields.spoil("plan");
  const std::string_view name = fields.has("plan") ? "plan" : "planBlob";
  if (!fields.any(name).is_object()) fields.spoil(name);
  return canonical_json(Json::object({{std::string(name), fields.any(name)}}));
}

}  // namespace

Result<void> project_plan_validated(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const PlanStatus status = status_of(fact.type);
  const auto ir_hash = fields.optional_content_hash("irHash");
  const auto risk_tier = fields.as_word<RiskTier>("riskTier");
  const auto step_count = fields.integer("stepCount");
  const auto policy_version = fields.integer("policyVersion");
  const auto request_id = fields.optional_text("requestId");
  const auto plan = content_of(fields, status);
  const auto planned_by = fields.optional_id<PrincipalId>("plannedBy");
  const auto planner_owner = fields.optional_id<PrincipalId>("plannerOwner");
  if (!ir_hash && status != PlanStatus::reject) fields.spoil("irHash");
  TRY(fields.finish());
  if (!ir_hash) return {};  // Nobody could read it: there is nothing to remember it by.

  return require_one(
      fact,
      TRY(connection.run(kValidate, {fact.tenant, *ir_hash, word(status), word(risk_tier),
                                     step_count, policy_version, nullable(request_id),
                                     nullable(plan), to_microseconds(fact.time),
                                     nullable_bytes(planned_by), nullable_bytes(planner_owner)})));
}

Result<void> project_plan_compared(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto ir_hash = fields.content_hash("irHash");
  const auto dag_hash = fields.content_hash("dagHash");
  const auto compared_by = fields.optional_id<PrincipalId>("comparedBy");
  const bool matches = fields.flag("allHashesMatch");
  if (matches != (fact.type == "ir.dag_diff_ok")) fields.spoil("allHashesMatch");
  if (matches != (ir_hash == dag_hash)) fields.spoil("dagHash");
  TRY(fields.finish());
  if (!compared_by) return {};  // It was not kept whose it is, so it counts for nobody.

  return require_one(
      fact,
      TRY(connection.run(kCompare, {fact.tenant, ir_hash, bytes_of(*compared_by),
                                    std::int64_t{matches}, dag_hash, to_microseconds(fact.time)})));
}

}  // namespace assent::store
