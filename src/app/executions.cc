#include "app/executions.h"

#include "base/canonical.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"

namespace assent::app {

namespace {

// An error that is longer is named by its hash: ten attempts have to fit into one entry.
constexpr std::size_t kHistoryErrorBytesMax = 4096;

Json history_line(const Execution& execution) {
  Json line = Json::object({{"executionId", execution.id.text()},
                            {"attempt", execution.attempt},
                            {"startedAt", to_rfc3339(execution.started_at)},
                            {"outcome", word(execution.state)}});
  if (execution.completed_at) line.set("completedAt", to_rfc3339(*execution.completed_at));
  if (!execution.error) return line;
  if (canonical_json(*execution.error).size() <= kHistoryErrorBytesMax) {
    line.set("error", *execution.error);
  } else {
    line.set("errorSha256", content_hash_text(sha256(*execution.error)));
  }
  return line;
}

}  // namespace

Event execution_event(std::string type, const ExecutionId& execution, const Approval& approval,
                      Json data) {
  data.set("executionId", execution.text());
  data.set("approvalId", approval.id.text());
  data.set_if("tool", approval.tool);
  if (approval.rule) data.set("ruleId", approval.rule->text());
  return {.type = std::move(type),
          .subject = "execution/" + execution.text(),
          .data = std::move(data),
          .correlation_id = approval.correlation_id};
}

Actor actor_for(ExecutedBy executor, const Caller& caller) {
  return executor == ExecutedBy::server ? engine_actor() : actor_of(caller);
}

Result<bool> lapse_if_overdue(store::Write& write, const Execution& execution) {
  if (!is_lapsed(execution, write.now())) return false;
  const Approval approval = TRY(store::approval(write, execution.approval));
  const auto took =
      std::chrono::floor<std::chrono::milliseconds>(write.now() - execution.started_at);
  TRY(write.record_as(
      engine_actor(),
      execution_event("execution.unknown", execution.id, approval,
                      Json::object({{"outcome", word(ExecutionState::unknown)},
                                    {"durationMs", static_cast<std::int64_t>(took.count())},
                                    {"leaseExpiresAt", to_rfc3339(execution.lease_expires_at)},
                                    {"error", "the lease passed without a completion"}}))));
  return true;
}

Refused lapsed_refusal(const Execution& execution) {
  return {"INVALID_STATE",
          "The lease passed without a completion, so the outcome is unknown: resolve the execution "
          "by a verification, or have a person do it.",
          Json::object({{"executionId", execution.id.text()},
                        {"approvalId", execution.approval.text()},
                        {"state", word(ExecutionState::unknown)},
                        {"leaseExpiresAt", to_rfc3339(execution.lease_expires_at)}})};
}

Result<std::optional<EscalationId>> escalate_if_exhausted(store::Write& write,
                                                          const ExecutionId& id) {
  const Execution last = TRY(store::execution(write, id));
  const Approval approval = TRY(store::approval(write, last.approval));
  if (!is_exhausted(approval, last)) return std::optional<EscalationId>();
  Json history = Json::array();
  for (const Execution& each : TRY(store::executions_of(write, approval.id))) {
    history.push(history_line(each));
  }
  const auto escalation = write.make_id<EscalationId>();
  Event event = execution_event("escalation.triggered", id, approval,
                                Json::object({{"escalationId", escalation.text()},
                                              {"type", "retry_exhausted"},
                                              {"attempts", last.attempt},
                                              {"history", std::move(history)}}));
  event.subject = "escalation/" + escalation.text();
  TRY(write.record_as(engine_actor(), event));
  return std::optional(escalation);
}

Result<std::int64_t> lease_seconds(const Approval& approval,
                                   const std::optional<std::int64_t>& asked) {
  if (asked.value_or(0) <= approval.lease_seconds) return asked.value_or(approval.lease_seconds);
  const std::string most = std::to_string(approval.lease_seconds);
  return Error{Code::unprocessable,
               "the lease is longer than the approval grants",
               {{"leaseSeconds", "must be at most " + most}}};
}

}  // namespace assent::app
