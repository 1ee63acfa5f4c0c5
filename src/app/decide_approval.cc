#include "app/decide_approval.h"

#include "app/create_rule.h"
#include "app/notice.h"
#include "app/suggestions.h"

namespace assent::app {

namespace {

Decided refused_with(const Attempt& attempt, std::optional<Refused> refused) {
  Decided decided;
  decided.approval_id = attempt.approval.id;
  decided.status = attempt.approval.status;
  decided.refused = std::move(refused);
  return decided;
}

}  // namespace

Result<Decided> count_vote(store::Write& write, Attempt& attempt, Json data) {
  const Principal& by = *attempt.decision.by;
  attempt.votes.push_back({.by = by.id, .roles = by.roles});
  const QuorumProgress progress = evaluate(attempt.approval, attempt.votes);

  Decided decided;
  decided.approval_id = attempt.approval.id;
  decided.votes = Votes{.have = progress.have, .need = progress.need};
  data.set("votes", Json::object({{"have", progress.have}, {"need", progress.need}}));
  if (!progress.is_met()) {
    decided.notice = TRY(notice_of(write, attempt.approval, attempt.votes));
    if (decided.notice) data.set("canBeMet", false);
    TRY(record_outcome(write, attempt.approval, "approval.recorded", std::move(data)));
    return decided;
  }
  const auto grant = write.make_id<GrantId>();
  data.set("approvedBy", by.id.text());
  data.set("approvedAt", to_rfc3339(write.now()));
  data.set("evidenceCheck", to_json(attempt.evidence));
  data.set("grantId", grant.text());
  TRY(record_outcome(write, attempt.approval, "approval.succeeded", std::move(data)));
  TRY(issue_grant(write, attempt.approval, grant));
  decided.status = Status::approved;
  decided.approved_at = write.now();
  decided.approved_by = by.id;
  return decided;
}

Result<Decided> approve(store::Write& write, const Approve& in) {
  Attempt attempt = TRY(gather(write, in, Verdict::approve));
  if (auto refused = TRY(record_attempt(write, attempt))) return refused_with(attempt, refused);
  const auto like = TRY(alike(write, attempt.approval));
  Json data = decision_data(write, attempt, "approved");
  if (like) data.set("fingerprint", like->fingerprint);
  Decided decided = TRY(count_vote(write, attempt, std::move(data)));
  const bool is_decided = decided.status == Status::approved;
  if (like && is_decided) TRY(suggest_promotion(write, attempt.approval, *like));
  if (!in.create_rule || *in.create_rule == Json(false)) return decided;
  // A rule says what the people said: all of them, or there is none, and then no vote either.
  if (!is_decided) {
    return error_at(Code::unprocessable, "createRule", "is for the vote that decides");
  }
  decided.rule_id = TRY(create_rule_from(write, attempt.approval, *in.create_rule)).rule.id;
  return decided;
}

Result<Decided> reject(store::Write& write, const Reject& in) {
  const Attempt attempt = TRY(gather(write, in, Verdict::reject));
  if (auto refused = TRY(record_attempt(write, attempt))) return refused_with(attempt, refused);
  Decided decided;
  decided.approval_id = in.approval;
  decided.status = Status::rejected;
  decided.rejected_at = write.now();
  decided.rejected_by = attempt.decision.by->id;
  Json data = decision_data(write, attempt, "rejected");
  data.set("rejectedBy", decided.rejected_by->text());
  data.set("rejectedAt", to_rfc3339(write.now()));
  if (const auto like = TRY(alike(write, attempt.approval))) {
    data.set("fingerprint", like->fingerprint);
  }
  TRY(record_outcome(write, attempt.approval, "approval.rejected", std::move(data)));
  return decided;
}

Result<Decided> cancel(store::Write& write, const Cancel& in) {
  const Attempt attempt = TRY(gather(write, in, Verdict::cancel));
  if (auto refused = TRY(record_attempt(write, attempt))) return refused_with(attempt, refused);
  Decided decided;
  decided.approval_id = in.approval;
  decided.status = Status::cancelled;
  decided.cancelled_at = write.now();
  decided.cancelled_by = attempt.decision.by->id;
  Json data = Json::object({{"decisionId", write.make_id<DecisionId>().text()},
                            {"cancelledBy", decided.cancelled_by->text()},
                            {"cancelledAt", to_rfc3339(write.now())}});
  data.set_if("reason", in.rationale);
  TRY(record_outcome(write, attempt.approval, "approval.cancelled", std::move(data)));
  return decided;
}

Result<void> prepare(Approve& in, const Preparation&) {
  return settle_reason(in);
}
Result<void> prepare(Reject& in, const Preparation&) {
  return require_reason(in);
}
Result<void> prepare(Cancel& in, const Preparation&) {
  return require_reason(in);
}

void describe(Fields& fields, Approve& in) {
  describe_decision(fields, in);
  fields.field("createRule", in.create_rule,
               "true, or {constraints, suggested, maxUses, expiresAt, description}: approve calls "
               "like it from now on");
}
void describe(Fields& fields, Reject& in) {
  describe_decision(fields, in);
}
void describe(Fields& fields, Cancel& in) {
  describe_decision(fields, in);
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
  fields.field("ruleId", out.rule_id, "the standing rule made with it");
  fields.field("notice", out.notice, "that nobody is left who could complete the quorum");
}

}  // namespace assent::app
