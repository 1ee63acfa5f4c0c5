#include "base/canonical.h"
#include "domain/approval.h"
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kInsert = R"sql(
  INSERT INTO approvals (tenant, id, kind, status, risk_tier, content_hash, tool, requested_by,
                         requester_owner, requested_at, expires_at, evidence_required,
                         evidence_ttl_seconds, quorum, allows_self_approval, max_attempts,
                         grant_ttl_seconds, correlation_id, request, lease_seconds, requires_proof,
                         executor, max_defers, planned_by, planner_owner)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
               $20, $21, $22, $23, $24, $25)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kStatus = R"sql(
  SELECT status
    FROM approvals
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kMove = R"sql(
  UPDATE approvals
     SET status = $4
   WHERE tenant = $1 AND id = $2 AND status = $3)sql";

constexpr std::string_view kDeduplicate = R"sql(
  INSERT INTO deduplications (tenant, key, approval)
       VALUES ($1, $2, $3)
  ON CONFLICT (tenant, key) DO UPDATE
          SET approval = excluded.approval)sql";

// What a reader of the approval wants of the event besides the columns.
Json request_of(FactFields& fields) {
  Json request = Json::object(
      {{"why", fields.text("why")}, {"policyVersion", fields.integer("policyVersion")}});
  if (fields.has("subject") == fields.has("subjectBlob")) fields.spoil("subject");
  for (const std::string_view name : {"subject", "subjectBlob", "request", "requestBlob"}) {
    if (!fields.has(name)) continue;
    if (!fields.any(name).is_object()) fields.spoil(name);
    request.set(std::string(name), fields.any(name));
  }
  request.set_if("policyEntry", fields.optional_integer("policyEntry"));
  request.set_if("policySha256", fields.optional_content_hash("policySha256"));
  request.set_if("decision", fields.optional_text("decision"));
  request.set_if("template", fields.optional_text("template"));
  request.set_if("evidencePolicySource", fields.optional_text("evidencePolicySource"));
  return request;
}

bool allows_self_approval(FactFields& fields) {
  const auto text = fields.text("selfApproval");
  if (text != "allowed" && text != "forbidden") fields.spoil("selfApproval");
  return text == "allowed";
}

Result<Approval> requested(const Fact& fact) {
  FactFields fields(fact);
  FactFields evidence = fields.object("evidencePolicy");
  auto quorum = quorum_from_json(fields.any("quorum"), "quorum");
  if (!quorum) fields.spoil("quorum");
  const auto tool = fields.optional_text("tool");
  Approval approval{.id = fields.id<ApprovalId>("approvalId"),
                    .kind = fields.as_word<Kind>("kind"),
                    .status = Status::pending,
                    .risk_tier = fields.as_word<RiskTier>("riskTier"),
                    .content_hash = std::string(fields.content_hash("contentHash")),
                    .tool = tool ? std::optional(std::string(*tool)) : std::nullopt,
                    .requested_by = fields.id<PrincipalId>("requestedBy"),
                    .requester_owner = fields.optional_id<PrincipalId>("requesterOwner"),
                    .planned_by = fields.optional_id<PrincipalId>("plannedBy"),
                    .planner_owner = fields.optional_id<PrincipalId>("plannerOwner"),
                    .requested_at = fact.time,
                    .expires_at = fields.time("expiresAt"),
                    .evidence_policy = {.required = evidence.flag("required"),
                                        .ttl_seconds = evidence.optional_integer("ttlSeconds")},
                    .quorum = quorum ? *std::move(quorum) : Quorum{},
                    .allows_self_approval = allows_self_approval(fields),
                    .max_attempts = fields.integer("maxAttempts"),
                    .grant_ttl_seconds = fields.integer("grantTtlSeconds"),
                    .lease_seconds = fields.optional_integer("leaseSeconds").value_or(3600),
                    .requires_proof = fields.has("requiresProof") && fields.flag("requiresProof"),
                    .executor = fields.any("executor"),
                    .max_defers = fields.optional_integer("maxDefers").value_or(3),
                    .rule = std::nullopt,
                    .correlation_id = std::string(fact.correlation_id),
                    .decided_at = std::nullopt,
                    .decided_by = std::nullopt,
                    .request = request_of(fields)};
  if (approval.tool.has_value() != (approval.kind == Kind::tool_call)) fields.spoil("tool");
  TRY(fields.finish());
  TRY(evidence.finish());
  return approval;
}

}  // namespace

Result<void> project_approval_requested(Connection& connection, const Fact& fact) {
  const Approval approval = TRY(requested(fact));
  FactFields fields(fact);
  const auto key = fields.optional_text("deduplicationKey");
  TRY(fields.finish());
  if (key) TRY(connection.run(kDeduplicate, {fact.tenant, *key, bytes_of(approval.id)}));
  const std::string quorum = canonical_json(to_json(approval.quorum));
  const std::string request = canonical_json(approval.request);
  std::optional<std::string> executor;
  if (!approval.executor.is_null()) executor = canonical_json(approval.executor);
  const auto changed = TRY(connection.run(kInsert, {fact.tenant,
                                                    bytes_of(approval.id),
                                                    word(approval.kind),
                                                    word(approval.status),
                                                    word(approval.risk_tier),
                                                    approval.content_hash,
                                                    nullable(approval.tool),
                                                    bytes_of(approval.requested_by),
                                                    nullable_bytes(approval.requester_owner),
                                                    to_microseconds(approval.requested_at),
                                                    to_microseconds(approval.expires_at),
                                                    std::int64_t{approval.evidence_policy.required},
                                                    nullable(approval.evidence_policy.ttl_seconds),
                                                    quorum,
                                                    std::int64_t{approval.allows_self_approval},
                                                    approval.max_attempts,
                                                    approval.grant_ttl_seconds,
                                                    approval.correlation_id,
                                                    request,
                                                    approval.lease_seconds,
                                                    std::int64_t{approval.requires_proof},
                                                    nullable(executor),
                                                    approval.max_defers,
                                                    nullable_bytes(approval.planned_by),
                                                    nullable_bytes(approval.planner_owner)}));
  return require_one(fact, changed);
}

Result<void> require_status(Connection& connection, const Fact& fact, const ApprovalId& approval,
                            Status status) {
  const auto rows = TRY(connection.query(kStatus, {fact.tenant, bytes_of(approval)}));
  if (!TRY(rows->next()) || rows->text(0) != word(status)) return impossible(fact);
  return {};
}

Result<void> move_status(Connection& connection, const Fact& fact, const Transition& transition) {
  return require_one(fact,
                     TRY(connection.run(kMove, {fact.tenant, bytes_of(transition.approval),
                                                word(transition.from), word(transition.to)})));
}

}  // namespace assent::store
