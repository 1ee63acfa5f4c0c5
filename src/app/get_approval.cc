#include "app/get_approval.h"

#include "app/notice.h"
#include "app/request_parts.h"
#include "app/requirement.h"
#include "store/state/approvals.h"
#include "store/state/evidence.h"
#include "store/state/grants.h"

namespace assent::app {

namespace {

template <class T>
void take(const Json& from, std::string_view name, std::optional<T>& into) {
  const Json* value = from.find(name);
  if (value == nullptr || value->is_null()) return;
  if constexpr (std::is_same_v<T, std::string>) {
    if (value->is_string()) into = value->string();
  } else {
    into = *value;
  }
}

Result<void> add_request(const store::Read& read, const Approval& approval, ApprovalView& view) {
  const Json subject = TRY(request_part(read, approval.request, "subject"));
  take(subject, "arguments", view.arguments);
  if (approval.kind == Kind::plan) view.plan = subject;
  const Json request = TRY(request_part(read, approval.request, "request"));
  // Of content, only what is hashed counts: what was said at first may have been edited since.
  const Json& described = approval.kind == Kind::content ? subject : request;
  take(described, "content", view.content);
  take(described, "title", view.title);
  take(described, "description", view.description);
  take(described, "type", view.type);
  take(request, "reason", view.reason);
  take(request, "priority", view.priority);
  take(request, "alternatives", view.alternatives);
  take(request, "risks", view.risks);
  take(request, "attachments", view.attachments);
  take(request, "channel", view.channel);
  take(request, "timeout", view.timeout);
  take(request, "context", view.context);
  take(approval.request, "why", view.why);
  return {};
}

EvidenceView view_of(const Evidence& item) {
  return {.id = item.id,
          .type = item.type,
          .name = item.name,
          .text = item.text,
          .url = item.url,
          .sha256 = item.sha256,
          .size_bytes = item.size_bytes,
          .captured_at = item.captured_at,
          .attached_at = item.attached_at,
          .withdrawn_at = item.withdrawn_at};
}

// As with deadlines, nobody is told `started` once the lease has passed.
ExecutionView view_of(const Execution& execution, Timestamp now) {
  const bool has_lapsed = is_lapsed(execution, now);
  ExecutionView view{.id = execution.id,
                     .attempt = execution.attempt,
                     .state = has_lapsed ? ExecutionState::unknown : execution.state,
                     .started_by = execution.started_by,
                     .by_server = std::nullopt,
                     .started_at = execution.started_at,
                     .lease_expires_at = execution.lease_expires_at,
                     .completed_at = execution.completed_at,
                     .result = std::nullopt,
                     .error = std::nullopt,
                     .resolution = std::nullopt};
  if (execution.by_server) view.by_server = true;
  if (const auto& resolution = execution.resolution) {
    view.resolution = ResolutionView{.at = resolution->at,
                                     .by = resolution->by,
                                     .note = resolution->note,
                                     .verification = std::nullopt};
    if (!resolution->verification.is_null()) {
      view.resolution->verification = resolution->verification;
    }
  }
  if (!execution.result.is_null()) view.result = execution.result;
  if (execution.error) view.error = *execution.error;
  return view;
}

Result<void> add_history(const store::Read& read, const Approval& approval, ApprovalView& view) {
  const auto votes = TRY(store::votes(read, approval.id));
  const QuorumProgress progress = evaluate(approval, votes);
  view.votes = {.have = progress.have, .need = progress.need};
  if (view.status == Status::pending) view.notice = TRY(notice_of(read, approval, votes));
  for (const Evidence& item : TRY(store::evidence_of(read, approval.id))) {
    view.evidence.push_back(view_of(item));
  }
  if (const auto grant = TRY(store::grant_of(read, approval.id))) {
    view.grant = GrantView{
        .id = grant->id, .expires_at = grant->expires_at, .consumed_at = grant->consumed_at};
  }
  for (const Execution& execution : TRY(store::executions_of(read, approval.id))) {
    view.executions.push_back(view_of(execution, read.now()));
    if (is_lapsed(execution, read.now())) view.status = Status::unknown;
  }
  return {};
}

}  // namespace

Status shown_status(const Approval& approval, Timestamp now) {
  return is_overdue(approval, now) ? Status::expired : approval.status;
}

Result<ApprovalView> get_approval(const store::Read& read, const GetApproval& in) {
  Approval approval = TRY(store::approval(read, in.approval));
  TRY(show_policy_in_force(read, approval));
  ApprovalView view;
  view.id = approval.id;
  view.kind = approval.kind;
  view.status = shown_status(approval, read.now());
  view.risk_tier = approval.risk_tier;
  view.content_hash = approval.content_hash;
  view.tool = approval.tool;
  view.requested_by = approval.requested_by;
  view.requester_owner = approval.requester_owner;
  view.planned_by = approval.planned_by;
  view.requested_at = approval.requested_at;
  view.expires_at = approval.expires_at;
  view.evidence_policy = {to_json(approval.evidence_policy)};
  view.approvers = to_json(approval.quorum);
  if (!approval.further_quorums.empty()) {
    view.also_required = Json::array();
    for (const Quorum& quorum : approval.further_quorums) view.also_required->push(to_json(quorum));
  }
  view.defers = approval.defers;
  view.max_defers = approval.max_defers;
  view.content_version = approval.content_version;
  view.decided_at = approval.decided_at;
  view.decided_by = approval.decided_by;
  view.glass_broken_by = approval.glass_broken_by;
  view.correlation_id = approval.correlation_id;
  if (!approval.executor.is_null()) view.executor = approval.executor;
  view.lease_seconds = approval.lease_seconds;
  view.requires_proof = approval.requires_proof;
  view.max_attempts = approval.max_attempts;
  TRY(add_request(read, approval, view));
  TRY(add_history(read, approval, view));
  return view;
}

void describe(Fields& fields, GetApproval& in) {
  fields.path("id", in.approval, "the approval");
}

void describe(Fields& fields, EvidenceView& view) {
  fields.field("id", view.id, "the evidence");
  fields.field("type", view.type, "file, url, text, hash or entity");
  fields.field("name", view.name, "what it is called");
  fields.field("text", view.text, "the text, or the entity's name");
  fields.field("url", view.url, "where it is");
  fields.field("sha256", view.sha256, "the hash of its content");
  fields.field("sizeBytes", view.size_bytes, "of a file");
  fields.field("capturedAt", view.captured_at, "what its age counts from");
  fields.field("attachedAt", view.attached_at, "when it was attached");
  fields.field("withdrawnAt", view.withdrawn_at, "when it was withdrawn: it counts no longer");
}

void describe(Fields& fields, GrantView& view) {
  fields.field("id", view.id, "the grant");
  fields.field("expiresAt", view.expires_at, "until when it may be used");
  fields.field("consumedAt", view.consumed_at, "when it was used");
}

void describe(Fields& fields, ResolutionView& view) {
  fields.field("at", view.at, "when");
  fields.field("by", view.by, "who said what became of it");
  fields.field("note", view.note, "how they know");
  fields.field("verification", view.verification, "what was looked at and found");
}

void describe(Fields& fields, ExecutionView& view) {
  fields.field("id", view.id, "the execution");
  fields.field("attempt", view.attempt, "1 for the first");
  fields.field("state", view.state, "started, or how it ended");
  fields.field("startedBy", view.started_by, "whose execution it is");
  fields.field("byServer", view.by_server, "true where the server executes on their behalf");
  fields.field("startedAt", view.started_at, "when it started");
  fields.field("leaseExpiresAt", view.lease_expires_at,
               "without a completion until then, the outcome is unknown");
  fields.field("completedAt", view.completed_at, "when its end was told, or became unknown");
  fields.field("result", view.result, "what it returned");
  fields.field("error", view.error, "what went wrong");
  fields.field("resolution", view.resolution, "who settled an unknown outcome, and how");
}

void describe(Fields& fields, ApprovalView& view) {
  fields.field("id", view.id, "the approval");
  fields.field("kind", view.kind, "tool_call, content or plan");
  fields.field("status", view.status, "where it stands");
  fields.field("riskTier", view.risk_tier, "how risky the policy says it is");
  fields.field("contentHash", view.content_hash, "what a decision is bound to");
  fields.field("tool", view.tool, "the tool's name");
  fields.field("arguments", view.arguments, "the exact arguments");
  fields.field("content", view.content, "what is to be approved");
  fields.field("plan", view.plan, "the plan that is to be approved: tenantId and steps");
  fields.field("title", view.title, "one line for the approver");
  fields.field("description", view.description, "what it is about");
  fields.field("type", view.type, "the kind of content");
  fields.field("reason", view.reason, "why the requester wants it");
  fields.field("priority", view.priority, "how urgent it is");
  fields.field("why", view.why, "which policy entry answered, and how");
  fields.field("alternatives", view.alternatives, "what else was considered");
  fields.field("risks", view.risks, "what could go wrong");
  fields.field("attachments", view.attachments, "context for the approver");
  fields.field("channel", view.channel, "where the question is put");
  fields.field("timeout", view.timeout, "the deadline as it was asked");
  fields.field("context", view.context, "where in the workflow this stands");
  fields.field("requestedBy", view.requested_by, "who asked");
  fields.field("requesterOwner", view.requester_owner, "the human behind the agent that asked");
  fields.field("plannedBy", view.planned_by, "who had the plan validated first");
  fields.field("requestedAt", view.requested_at, "when");
  fields.field("expiresAt", view.expires_at, "when it expires undecided");
  fields.field("evidencePolicy", view.evidence_policy, "which evidence an approval needs");
  fields.field("approvers", view.approvers, "who must approve");
  fields.field("alsoRequired", view.also_required, "what the policy asks besides since then");
  fields.field("votes", view.votes, "how far the quorum is met");
  fields.field("notice", view.notice, "that nobody is left who could complete the quorum");
  fields.field("defers", view.defers, "how often the deadline was moved");
  fields.field("maxDefers", view.max_defers, "how often it may be");
  fields.field("contentVersion", view.content_version, "one more with each edit");
  fields.field("decidedAt", view.decided_at, "when it was decided");
  fields.field("decidedBy", view.decided_by, "whose decision ended it");
  fields.field("glassBrokenBy", view.glass_broken_by, "who let it run without its approvers");
  fields.field("correlationId", view.correlation_id, "the workflow");
  fields.field("executor", view.executor, "the URL that the server calls to execute it");
  fields.field("leaseSeconds", view.lease_seconds, "how long an execution may go without a word");
  fields.field("requiresProof", view.requires_proof, "whether a success needs proof");
  fields.field("maxAttempts", view.max_attempts, "how often it may be tried");
  fields.field("evidence", view.evidence, "everything attached");
  fields.field("grant", view.grant, "the right to execute, once approved");
  fields.field("executions", view.executions, "every attempt to execute");
}

}  // namespace assent::app
