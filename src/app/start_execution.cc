#include "app/start_execution.h"

#include "app/expire.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"
#include "store/state/kill_switches.h"

namespace assent::app {

namespace {

Result<Started> refuse_grant(store::Write& write, const Approval& approval, const Grant& grant,
                             GrantRefusal refusal) {
  TRY(write.record({.type = "grant.refused",
                    .subject = "grant/" + grant.id.text(),
                    .data = Json::object({{"grantId", grant.id.text()},
                                          {"approvalId", approval.id.text()},
                                          {"contentHash", approval.content_hash},
                                          {"reason", word(refusal)}}),
                    .correlation_id = approval.correlation_id}));
  Started refused;
  refused.refused =
      Refused{std::string(refusal_code(refusal)), std::string(refusal_message(refusal)),
              Json::object({{"approvalId", approval.id.text()},
                            {"status", word(approval.status)},
                            {"reason", word(refusal)}})};
  return refused;
}

Result<void> consume(store::Write& write, const Approval& approval, const Grant& grant) {
  const auto waited = std::chrono::floor<std::chrono::seconds>(write.now() - grant.issued_at);
  TRY(write.record(
      {.type = "grant.consumed",
       .subject = "grant/" + grant.id.text(),
       .data = Json::object({{"grantId", grant.id.text()},
                             {"approvalId", approval.id.text()},
                             {"contentHash", approval.content_hash},
                             {"consumedAt", to_rfc3339(write.now())},
                             {"timeToConsumeSeconds", static_cast<std::int64_t>(waited.count())},
                             {"wasExpired", false}}),
       .correlation_id = approval.correlation_id}));
  return {};
}

Result<Grant> usable_grant(store::Write& write, const Approval& approval) {
  auto grant = TRY(store::grant_of(write, approval.id));
  if (!grant) {
    return Error{Code::invalid_state,
                 "the approval is " + std::string(word(approval.status)) + ": there is no grant"};
  }
  return std::move(*grant);
}

}  // namespace

Result<Started> start_execution(store::Write& write, const StartExecution& in) {
  TRY(expire_if_overdue(write, in.approval));
  const Approval approval = TRY(store::approval(write, in.approval));
  // The grant is consumed by identity: nobody else's approval is worth anything to a caller.
  if (approval.requested_by != write.caller().principal.id) {
    return Error{Code::insufficient_permissions, "only the requester may execute"};
  }
  const Grant grant = TRY(usable_grant(write, approval));
  if (in.content_hash && *in.content_hash != approval.content_hash) {
    return refuse_grant(write, approval, grant, GrantRefusal::ir_hash_mismatch);
  }
  const auto latest = TRY(store::latest_execution(write, approval.id));
  if (const auto refusal = refuse_start(approval, grant, latest, write.now())) {
    TRY(expire_if_overdue(write, grant, approval));
    return refuse_grant(write, approval, grant, *refusal);
  }
  if (TRY(store::stopping_kill_switch(write, approval.tool))) {
    return refuse_grant(write, approval, grant, GrantRefusal::kill_switch);
  }
  if (!grant.consumed_at) TRY(consume(write, approval, grant));

  const auto id = write.make_id<ExecutionId>();
  const std::int64_t attempt = latest ? latest->attempt + 1 : 1;
  Json data = Json::object({{"executionId", id.text()},
                            {"approvalId", approval.id.text()},
                            {"grantId", grant.id.text()},
                            {"attempt", attempt}});
  data.set_if("tool", approval.tool);
  if (approval.rule) data.set("ruleId", approval.rule->text());
  TRY(write.record({.type = "execution.started",
                    .subject = "execution/" + id.text(),
                    .data = std::move(data),
                    .correlation_id = approval.correlation_id}));
  return Started{.execution_id = id, .attempt = attempt, .refused = std::nullopt};
}

void describe(Fields& fields, StartExecution& in) {
  fields.path("id", in.approval, "the approval");
  fields.field("contentHash", in.content_hash, "what is about to run; a mismatch is refused",
               {.length_max = 71});
}

void describe(Fields& fields, Started& out) {
  fields.field("executionId", out.execution_id, "the execution");
  fields.field("attempt", out.attempt, "1 for the first");
}

}  // namespace assent::app
