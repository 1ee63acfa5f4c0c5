#include "app/decision.h"

#include "app/expire.h"
#include "app/grant_events.h"
#include "app/kill_switch.h"
#include "app/requirement.h"
#include "store/state/approvals.h"
#include "store/state/evidence.h"

namespace assent::app {

namespace {

constexpr std::string_view kBlanks = " \t\n";

Json roles_of(const Principal& principal) {
  Json roles = Json::array();
  for (const Role role : principal.roles) roles.push(word(role));
  return roles;
}

Result<Approval> current_approval(store::Write& write, const ApprovalId& id) {
  Approval approval = TRY(store::approval(write, id));
  if (!is_overdue(approval, write.now())) return approval;
  TRY(expire_if_overdue(write, id));
  return store::approval(write, id);
}

}  // namespace

Result<void> settle_reason(DecideApproval& in) {
  if (!in.reason) return {};
  if (in.rationale && *in.rationale != *in.reason) {
    return error_at(Code::validation_error, "reason", "differs from rationale: say one of them");
  }
  in.rationale = std::exchange(in.reason, std::nullopt);
  return {};
}

Result<void> require_words(std::string_view path, std::string_view text) {
  if (text.find_first_not_of(kBlanks) != std::string_view::npos) return {};
  return error_at(Code::validation_error, std::string(path), "must not be blank");
}

Result<void> require_reason(DecideApproval& in) {
  TRY(settle_reason(in));
  if (!in.rationale) return error_at(Code::validation_error, "rationale", "is required");
  return require_words("rationale", *in.rationale);
}

Result<Attempt> gather(store::Write& write, const DecideApproval& in, Verdict verdict) {
  auto approval = TRY(current_approval(write, in.approval));
  Attempt attempt{.in = in,
                  .approval = std::move(approval),
                  .decision = {.verdict = verdict,
                               .by = &write.caller().principal,
                               .at = write.now(),
                               .content_hash = in.content_hash},
                  .votes = {},
                  .evidence = {}};
  TRY(apply_policy_in_force(write, attempt.approval));
  const auto stop = TRY(stopping_switch(write, attempt.approval));
  attempt.decision.is_stopped = stop.has_value();
  attempt.votes = TRY(store::votes(write, in.approval));
  const auto items = TRY(store::evidence_of(write, in.approval));
  attempt.evidence = check_evidence(attempt.approval.evidence_policy, items, write.now());
  return attempt;
}

Result<void> record_outcome(store::Write& write, const Approval& approval, std::string type,
                            Json data) {
  data.set("approvalId", approval.id.text());
  data.set_if("tool", approval.tool);
  TRY(write.record({.type = std::move(type),
                    .subject = "approval/" + approval.id.text(),
                    .data = std::move(data),
                    .correlation_id = approval.correlation_id}));
  return {};
}

Result<std::optional<Refused>> record_attempt(store::Write& write, const Attempt& attempt) {
  const Approval& approval = attempt.approval;
  Json data = Json::object({{"verdict", word(attempt.decision.verdict)},
                            {"evidencePolicy", to_json(approval.evidence_policy)}});
  data.set_if("channel", attempt.in.channel);
  data.set_if("contentHash", attempt.in.content_hash);
  TRY(record_outcome(write, approval, "approval.attempted", std::move(data)));

  const auto refusal = refuse(approval, attempt.decision, attempt.votes, attempt.evidence);
  if (!refusal) return std::optional<Refused>();
  // Commits: that it was tried is on the log.
  Json details = refusal_details(*refusal, approval, attempt.decision, attempt.evidence);
  TRY(record_outcome(write, approval, blocked_event(*refusal),
                     Json::object({{"reason", word(*refusal)}, {"details", details}})));
  return std::optional(Refused{std::string(refusal_code(*refusal)),
                               std::string(refusal_message(*refusal)), std::move(details)});
}

Json decision_data(store::Write& write, const Attempt& attempt, std::string_view action) {
  Json decision = Json::object({{"action", action}});
  decision.set_if("confidence", attempt.in.confidence);
  decision.set_if("rationale", attempt.in.rationale);
  const auto waited =
      std::chrono::floor<std::chrono::seconds>(write.now() - attempt.approval.requested_at);
  Json response = Json::object({{"durationSeconds", static_cast<std::int64_t>(waited.count())}});
  response.set_if("channel", attempt.in.channel);
  Json data = Json::object({{"decisionId", write.make_id<DecisionId>().text()},
                            {"contentHash", attempt.approval.content_hash},
                            {"roles", roles_of(*attempt.decision.by)},
                            {"decision", std::move(decision)},
                            {"response", std::move(response)}});
  data.set_if("conditions", attempt.in.conditions);
  data.set_if("modifications", attempt.in.modifications);
  return data;
}

Result<void> issue_grant(store::Write& write, const Approval& approval, const GrantId& grant) {
  const Timestamp until = write.now() + std::chrono::seconds(approval.grant_ttl_seconds);
  // A plan is cleared by a token, so that whoever runs it need not be who asked.
  const GrantForm form = approval.kind == Kind::plan ? GrantForm::token : GrantForm::identity;
  TRY(write.record(grant_event("grant.issued", approval, grant,
                               Json::object({{"ttlSeconds", approval.grant_ttl_seconds},
                                             {"expiresAt", to_rfc3339(until)},
                                             {"form", word(form)}}))));
  return {};
}

void describe_decision(Fields& fields, DecideApproval& in) {
  fields.path("id", in.approval, "the approval");
  fields.field("contentHash", in.content_hash, "the hash of what was seen; a mismatch is refused",
               {.length_max = 71});
  fields.field("rationale", in.rationale, "why, in the decider's words",
               {.length_max = kReasonBytesMax, .allows_newlines = true});
  fields.field("reason", in.reason, "another name of rationale",
               {.length_max = kReasonBytesMax, .allows_newlines = true});
  fields.field("confidence", in.confidence, "how sure the decider is, in percent",
               {.min = 0, .max = 100});
  fields.field("channel", in.channel, "where the decision was made, such as cli",
               {.length_max = 100});
  fields.field("conditions", in.conditions, "what the decider asks for besides");
  fields.field("modifications", in.modifications, "what the decider wants changed; recorded");
}

void describe(Fields& fields, Votes& votes) {
  fields.field("have", votes.have, "seats filled so far");
  fields.field("need", votes.need, "seats to fill");
}

}  // namespace assent::app
