#include "app/decide_approval.h"

#include "app/create_rule.h"
#include "app/expire.h"
#include "store/state/approvals.h"
#include "store/state/evidence.h"
#include "store/state/kill_switches.h"

namespace assent::app {

namespace {

// Everything one decision call knows, gathered before anything is written.
struct Attempt {
  const DecideApproval& in;
  Approval approval;
  Decision decision;
  std::vector<Vote> votes;  // Without this one.
  EvidenceCheck evidence;
};

std::string subject_of(const Approval& approval) {
  return "approval/" + approval.id.text();
}

Result<store::EventRef> record(store::Write& write, const Approval& approval, std::string type,
                               Json data) {
  return write.record({.type = std::move(type),
                       .subject = subject_of(approval),
                       .data = std::move(data),
                       .correlation_id = approval.correlation_id});
}

Result<Attempt> gather(store::Write& write, const DecideApproval& in, Verdict verdict) {
  Approval approval = TRY(store::approval(write, in.approval));
  const bool is_stopped = TRY(store::stopping_kill_switch(write, approval.tool)).has_value();
  const auto items = TRY(store::evidence_of(write, in.approval));
  const EvidenceCheck evidence = check_evidence(approval.evidence_policy, items, write.now());
  return Attempt{.in = in,
                 .approval = std::move(approval),
                 .decision = {.verdict = verdict,
                              .by = &write.caller().principal,
                              .at = write.now(),
                              .content_hash = in.content_hash,
                              .is_stopped = is_stopped},
                 .votes = TRY(store::votes(write, in.approval)),
                 .evidence = evidence};
}

Result<void> record_attempt(store::Write& write, const Attempt& attempt) {
  Json data = Json::object({{"approvalId", attempt.approval.id.text()},
                            {"verdict", word(attempt.decision.verdict)},
                            {"evidencePolicy", to_json(attempt.approval.evidence_policy)}});
  data.set_if("channel", attempt.in.channel);
  data.set_if("contentHash", attempt.in.content_hash);
  TRY(record(write, attempt.approval, "approval.attempted", std::move(data)));
  return {};
}

Result<Decided> block(store::Write& write, const Attempt& attempt, Refusal refusal) {
  Json details = refusal_details(refusal, attempt.approval, attempt.decision, attempt.evidence);
  TRY(record(write, attempt.approval, blocked_event(refusal),
             Json::object({{"approvalId", attempt.approval.id.text()},
                           {"reason", word(refusal)},
                           {"details", details}})));
  return Decided{.approval_id = attempt.approval.id,
                 .status = attempt.approval.status,
                 .approved_at = {},
                 .rejected_at = {},
                 .cancelled_at = {},
                 .approved_by = {},
                 .rejected_by = {},
                 .cancelled_by = {},
                 .votes = {},
                 .rule_id = {},
                 .refused = Refused{std::string(refusal_code(refusal)),
                                    std::string(refusal_message(refusal)), std::move(details)}};
}

Json roles_of(const Principal& principal) {
  Json roles = Json::array();
  for (const Role role : principal.roles) roles.push(word(role));
  return roles;
}

// The fields that every deciding event has: which decision, in what words, how long it took.
Json decision_data(store::Write& write, const Attempt& attempt, std::string_view action) {
  Json decision = Json::object({{"action", action}});
  decision.set_if("confidence", attempt.in.confidence);
  decision.set_if("rationale", attempt.in.rationale);
  const auto waited =
      std::chrono::floor<std::chrono::seconds>(write.now() - attempt.approval.requested_at);
  Json response = Json::object({{"durationSeconds", static_cast<std::int64_t>(waited.count())}});
  response.set_if("channel", attempt.in.channel);
  Json data = Json::object({{"approvalId", attempt.approval.id.text()},
                            {"decisionId", write.make_id<DecisionId>().text()},
                            {"contentHash", attempt.approval.content_hash},
                            {"roles", roles_of(*attempt.decision.by)},
                            {"decision", std::move(decision)},
                            {"response", std::move(response)}});
  data.set_if("tool", attempt.approval.tool);
  data.set_if("conditions", attempt.in.conditions);
  data.set_if("modifications", attempt.in.modifications);
  return data;
}

Json votes_json(const QuorumProgress& progress) {
  return Json::object({{"have", progress.have}, {"need", progress.need}});
}

Result<void> issue_grant(store::Write& write, const Approval& approval, const GrantId& grant) {
  const Timestamp until = write.now() + std::chrono::seconds(approval.grant_ttl_seconds);
  TRY(write.record({.type = "grant.issued",
                    .subject = "grant/" + grant.text(),
                    .data = Json::object({{"grantId", grant.text()},
                                          {"approvalId", approval.id.text()},
                                          {"contentHash", approval.content_hash},
                                          {"ttlSeconds", approval.grant_ttl_seconds},
                                          {"expiresAt", to_rfc3339(until)},
                                          {"form", word(GrantForm::identity)}}),
                    .correlation_id = approval.correlation_id}));
  return {};
}

Result<Decided> count_approval(store::Write& write, Attempt& attempt) {
  const Principal& by = *attempt.decision.by;
  attempt.votes.push_back({.by = by.id, .roles = by.roles});
  const QuorumProgress progress = evaluate(attempt.approval.quorum, attempt.votes);

  Decided decided;
  decided.approval_id = attempt.approval.id;
  decided.votes = Votes{.have = progress.have, .need = progress.need};
  Json data = decision_data(write, attempt, "approved");
  data.set("votes", votes_json(progress));
  if (!progress.is_met()) {
    if (attempt.in.create_rule) {
      return error_at(Code::unprocessable, "createRule",
                      "is for the approval that completes the quorum, which this one does not");
    }
    TRY(record(write, attempt.approval, "approval.recorded", std::move(data)));
    return decided;
  }
  const auto grant = write.make_id<GrantId>();
  data.set("approvedBy", by.id.text());
  data.set("approvedAt", to_rfc3339(write.now()));
  data.set("evidenceCheck", to_json(attempt.evidence));
  data.set("grantId", grant.text());
  TRY(record(write, attempt.approval, "approval.succeeded", std::move(data)));
  TRY(issue_grant(write, attempt.approval, grant));
  if (const auto& wish = attempt.in.create_rule) {
    decided.rule_id = TRY(create_rule_from(write, attempt.approval, *wish)).rule.id;
  }
  decided.status = Status::approved;
  decided.approved_at = write.now();
  decided.approved_by = by.id;
  return decided;
}

Result<Decided> end(store::Write& write, const Attempt& attempt) {
  const PrincipalId by = attempt.decision.by->id;
  Decided decided;
  decided.approval_id = attempt.approval.id;
  if (attempt.decision.verdict == Verdict::reject) {
    Json data = decision_data(write, attempt, "rejected");
    data.set("rejectedBy", by.text());
    data.set("rejectedAt", to_rfc3339(write.now()));
    TRY(record(write, attempt.approval, "approval.rejected", std::move(data)));
    decided.status = Status::rejected;
    decided.rejected_at = write.now();
    decided.rejected_by = by;
    return decided;
  }
  Json data = Json::object({{"approvalId", attempt.approval.id.text()},
                            {"decisionId", write.make_id<DecisionId>().text()},
                            {"cancelledBy", by.text()},
                            {"cancelledAt", to_rfc3339(write.now())}});
  data.set_if("tool", attempt.approval.tool);
  data.set_if("reason", attempt.in.rationale);
  TRY(record(write, attempt.approval, "approval.cancelled", std::move(data)));
  decided.status = Status::cancelled;
  decided.cancelled_at = write.now();
  decided.cancelled_by = by;
  return decided;
}

Result<Decided> decide(store::Write& write, const DecideApproval& in, Verdict verdict) {
  TRY(expire_if_overdue(write, in.approval));
  Attempt attempt = TRY(gather(write, in, verdict));
  TRY(record_attempt(write, attempt));
  if (const auto refusal =
          refuse(attempt.approval, attempt.decision, attempt.votes, attempt.evidence)) {
    return block(write, attempt, *refusal);  // Commits: that it was tried is on the log.
  }
  if (verdict == Verdict::approve) return count_approval(write, attempt);
  return end(write, attempt);
}

void describe_decision(Fields& fields, DecideApproval& in) {
  fields.path("id", in.approval, "the approval");
  fields.field("contentHash", in.content_hash, "the hash of what was seen; a mismatch is refused",
               {.length_max = 71});
  fields.field("rationale", in.rationale, "why, in the decider's words",
               {.length_max = 2000, .allows_newlines = true});
  fields.field("confidence", in.confidence, "how sure the decider is, in percent",
               {.min = 0, .max = 100});
  fields.field("channel", in.channel, "where the decision was made, such as cli",
               {.length_max = 100});
  fields.field("conditions", in.conditions, "what the decider asks for besides");
  fields.field("modifications", in.modifications, "what the decider wants changed; recorded");
}

}  // namespace

Result<Decided> approve(store::Write& write, const Approve& in) {
  return decide(write, in, Verdict::approve);
}

Result<Decided> reject(store::Write& write, const Reject& in) {
  return decide(write, in, Verdict::reject);
}

Result<Decided> cancel(store::Write& write, const Cancel& in) {
  return decide(write, in, Verdict::cancel);
}

void describe(Fields& fields, Approve& in) {
  describe_decision(fields, in);
  fields.field("createRule", in.create_rule,
               "true, or {constraints or suggested, maxUses, expiresAt, description}: a standing "
               "rule for calls like this one, made in the same commit");
}
void describe(Fields& fields, Reject& in) {
  describe_decision(fields, in);
}
void describe(Fields& fields, Cancel& in) {
  describe_decision(fields, in);
}

void describe(Fields& fields, Votes& votes) {
  fields.field("have", votes.have, "seats filled so far");
  fields.field("need", votes.need, "seats to fill");
}

void describe(Fields& fields, Decided& out) {
  fields.field("approvalId", out.approval_id, "the approval");
  fields.field("status", out.status, "pending while the quorum is not met");
  fields.field("approvedAt", out.approved_at, "the commit's time");
  fields.field("approvedBy", out.approved_by, "whose vote met the quorum");
  fields.field("rejectedAt", out.rejected_at, "the commit's time");
  fields.field("rejectedBy", out.rejected_by, "who rejected");
  fields.field("cancelledAt", out.cancelled_at, "the commit's time");
  fields.field("cancelledBy", out.cancelled_by, "who cancelled");
  fields.field("votes", out.votes, "how far the quorum is met");
  fields.field("ruleId", out.rule_id, "the standing rule that was made with it");
}

}  // namespace assent::app
