#include "app/asked.h"

#include "app/requirement.h"

namespace assent::app {

namespace {

Json executor_of(const PolicyEntry& entry) {
  if (!entry.executor) return {};
  return Json::object(
      {{"url", entry.executor->url},
       {"timeoutSeconds", static_cast<std::int64_t>(entry.executor->timeout.count())}});
}

}  // namespace

Approval approval_under(const store::Write& write, const RequestApproval& in, const Asked& asked) {
  const PolicyEntry& entry = asked.entry;
  const Principal& caller = write.caller().principal;
  return {.id = write.make_id<ApprovalId>(),
          .kind = in.kind,
          .risk_tier = entry.risk_tier,
          .content_hash = in.content_hash,
          .tool = in.tool,
          .requested_by = caller.id,
          .requester_owner = caller.owner,
          .requested_at = write.now(),
          .expires_at = write.now() + entry.expires_after,
          .evidence_policy = asked.evidence.policy,
          .quorum = entry.quorum,
          .allows_self_approval = asked.policy.policy->allows_self_approval,
          .max_attempts = entry.max_attempts,
          .grant_ttl_seconds = entry.grant_expires_after.count(),
          .lease_seconds = entry.lease.count(),
          .requires_proof = entry.requires_proof,
          .executor = executor_of(entry),
          .max_defers = entry.max_defers,
          .rule = std::nullopt,
          .correlation_id = in.correlation_id.value_or(write.trace())};
}

Event requested_event(const RequestApproval& in, const Asked& asked) {
  const Approval& approval = asked.approval;
  Json data =
      Json::object({{"approvalId", approval.id.text()},
                    {"kind", word(approval.kind)},
                    {"contentHash", approval.content_hash},
                    {"riskTier", word(approval.risk_tier)},
                    {"policyVersion", asked.policy.version},
                    {"evidencePolicy", to_json(approval.evidence_policy)},
                    {"quorum", to_json(approval.quorum)},
                    {"selfApproval", approval.allows_self_approval ? "allowed" : "forbidden"},
                    {"expiresAt", to_rfc3339(approval.expires_at)},
                    {"maxAttempts", approval.max_attempts},
                    {"grantTtlSeconds", approval.grant_ttl_seconds},
                    {"leaseSeconds", approval.lease_seconds},
                    {"requiresProof", approval.requires_proof},
                    {"maxDefers", approval.max_defers},
                    {"decision", word(asked.decision)},
                    {"requestedBy", approval.requested_by.text()},
                    {"why", asked.why}});
  data.set_if("tool", approval.tool);
  if (!in.subject.is_null()) data.set("subject", in.subject);
  if (!in.subject_blob.is_null()) data.set("subjectBlob", in.subject_blob);
  if (!in.request.is_null()) data.set("request", in.request);
  if (!in.request_blob.is_null()) data.set("requestBlob", in.request_blob);
  if (asked.answer.index) {
    data.set("policyEntry", static_cast<std::int64_t>(*asked.answer.index));
  }
  if (!approval.executor.is_null()) data.set("executor", approval.executor);
  data.set_if("template", in.from_template);
  data.set("evidencePolicySource", word(asked.evidence.source));
  if (asked.evidence.is_weakened) data.set("evidencePolicyWeakened", true);
  if (asked.policy.version > 0) data.set("policySha256", asked.policy.sha256);
  if (approval.requester_owner) data.set("requesterOwner", approval.requester_owner->text());
  if (approval.planned_by) data.set("plannedBy", approval.planned_by->text());
  if (approval.planner_owner) data.set("plannerOwner", approval.planner_owner->text());
  if (asked.rule) data.set("ruleId", asked.rule->id.text());
  data.set_if("unpinned", asked.unpinned);
  data.set_if("deduplicationKey", in.deduplication_key);
  if (asked.notice) data.set("canBeMet", false);
  return {.type = "approval.requested",
          .subject = "approval/" + approval.id.text(),
          .data = std::move(data),
          .correlation_id = in.correlation_id};
}

Actor answering_actor(const Asked& asked) {
  if (asked.rule) return {.type = ActorType::rule, .id = asked.rule->id.text()};
  return policy_actor(asked.policy.version, asked.answer.index);
}

Event answered_event(const store::Write& write, const Asked& asked) {
  const Approval& approval = asked.approval;
  Json data =
      Json::object({{"approvalId", approval.id.text()}, {"contentHash", approval.content_hash}});
  data.set_if("tool", approval.tool);
  if (asked.rule) {
    Json use = Json::object({{"n", asked.rule->uses + 1}});
    use.set_if("max", asked.rule->max_uses);
    data.set("ruleId", asked.rule->id.text());
    data.set("matchedConstraints", to_json(asked.rule->constraints));
    data.set("ruleUse", std::move(use));
  } else if (asked.answer.index) {
    data.set("policyEntry", static_cast<std::int64_t>(*asked.answer.index));
  }
  const bool is_allowed = asked.rule || asked.decision == PolicyDecision::allow;
  if (is_allowed) {
    const Timestamp until = write.now() + std::chrono::seconds(approval.grant_ttl_seconds);
    data.set("approvedAt", to_rfc3339(write.now()));
    data.set("grantId", write.make_id<GrantId>().text());
    data.set("ttlSeconds", approval.grant_ttl_seconds);
    data.set("expiresAt", to_rfc3339(until));
  } else {
    data.set("rejectedAt", to_rfc3339(write.now()));
  }
  return {.type = is_allowed ? "approval.auto_approved" : "approval.rejected",
          .subject = "approval/" + approval.id.text(),
          .data = std::move(data),
          .correlation_id = approval.correlation_id};
}

}  // namespace assent::app
