// One approval, whole: what is asked, who decided, on which evidence, what ran.
#pragma once

#include "app/decide_approval.h"
#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct GetApproval {
  ApprovalId approval;
};
void describe(Fields& fields, GetApproval& in);

struct EvidenceView {
  EvidenceId id;
  EvidenceType type = EvidenceType::text;
  std::optional<std::string> name, text, url, sha256;
  std::optional<std::int64_t> size_bytes;
  Timestamp captured_at, attached_at;
  std::optional<Timestamp> withdrawn_at;
};
void describe(Fields& fields, EvidenceView& view);

struct GrantView {
  GrantId id;
  Timestamp expires_at;
  std::optional<Timestamp> consumed_at;
};
void describe(Fields& fields, GrantView& view);

struct ResolutionView {
  Timestamp at;
  PrincipalId by;
  std::string note;
  std::optional<Json> verification;
};
void describe(Fields& fields, ResolutionView& view);

struct ExecutionView {
  ExecutionId id;
  std::int64_t attempt = 1;
  ExecutionState state = ExecutionState::started;
  PrincipalId started_by;
  std::optional<bool> by_server;
  Timestamp started_at, lease_expires_at;
  std::optional<Timestamp> completed_at;
  std::optional<Json> result, error;
  std::optional<ResolutionView> resolution;
};
void describe(Fields& fields, ExecutionView& view);

struct ApprovalView {
  ApprovalId id;
  Kind kind = Kind::tool_call;
  Status status = Status::pending;
  RiskTier risk_tier = RiskTier::high;
  std::string content_hash;
  std::optional<std::string> tool;
  std::optional<Json> arguments, content, plan;
  std::optional<std::string> title, description, type, reason, priority, why;
  std::optional<Json> alternatives, risks, attachments, channel, timeout, context;
  PrincipalId requested_by;
  std::optional<PrincipalId> requester_owner, planned_by;
  Timestamp requested_at, expires_at;
  JsonObject evidence_policy;
  Json approvers;
  std::optional<Json> also_required;
  Votes votes;
  std::optional<std::string> notice;
  std::int64_t defers = 0, max_defers = 0, content_version = 1;
  std::optional<Timestamp> decided_at;
  std::optional<PrincipalId> decided_by, glass_broken_by;
  std::string correlation_id;
  std::optional<Json> executor;
  std::int64_t lease_seconds = 0;
  bool requires_proof = false;
  std::int64_t max_attempts = 1;
  std::vector<EvidenceView> evidence;
  std::optional<GrantView> grant;
  std::vector<ExecutionView> executions;
};
void describe(Fields& fields, ApprovalView& view);

Result<ApprovalView> get_approval(const store::Read& read, const GetApproval& in);

// Nobody is told `pending` once the deadline has passed, whether or not it was recorded yet.
Status shown_status(const Approval& approval, Timestamp now);

}  // namespace assent::app
