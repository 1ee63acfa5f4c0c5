#include "app/complete_execution.h"

#include "app/executions.h"
#include "app/suggestions.h"
#include "base/canonical.h"
#include "domain/policy.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"

#include <array>

namespace assent {

template <>
std::span<const std::string_view> words<app::EndedAs>() {
  static constexpr std::array<std::string_view, 4> kWords = {"success", "failure", "partial",
                                                             "unknown"};
  return kWords;
}

}  // namespace assent

namespace assent::app {

namespace {

// Result, error and proof together; bigger things are blobs named in the proof.
constexpr std::size_t kOutcomeBytesMax = 32 * 1024;

std::string_view event_of(EndedAs outcome) {
  switch (outcome) {
    case EndedAs::success:
      return "execution.succeeded";
    case EndedAs::failure:
      return "execution.failed";
    case EndedAs::partial:
      return "execution.partial";
    case EndedAs::unknown:
      return "execution.unknown";
  }
  return {};
}

ExecutionState state_of(EndedAs outcome) {
  return *from_word<ExecutionState>(word(outcome));
}

// What is recorded, which is what was said unless that contradicts itself.
struct Ending {
  EndedAs outcome = EndedAs::success;
  std::optional<Json> error;
  std::optional<std::string> note;
};

Ending ending_of(const CompleteExecution& in) {
  Ending ending{.outcome = in.outcome, .error = in.error, .note = std::nullopt};
  if (in.outcome != EndedAs::success) return ending;
  Json told = in.result.value_or(Json());
  auto why = failure_told_by(told);
  if (!why && in.error) {
    why = failure_told_by(Json::object({{"error", *in.error}}));
    if (why) why = "a success has no error";
  }
  if (!why) return ending;
  ending.outcome = EndedAs::failure;
  ending.note = *why + ": recorded as a failure";
  if (!ending.error) {
    const Json* const error = told.find("error");
    ending.error = error != nullptr ? *error : Json(*why);
  }
  return ending;
}

Result<void> check_proof(const CompleteExecution& in, const Ending& ending,
                         const Approval& approval) {
  const bool has_proof = in.proof && !in.proof->value.members().empty();
  if (has_proof || !approval.requires_proof || ending.outcome != EndedAs::success) return {};
  return Error{Code::unprocessable,
               "the policy wants proof of a success",
               {{"proof", "is needed: what shows the outcome"}}};
}

Result<Completion> complete_as(store::Write& write, const CompleteExecution& in,
                               const Execution& execution, ExecutedBy executor) {
  if (TRY(lapse_if_overdue(write, execution))) {
    Completion late{.execution_id = execution.id, .approval_id = execution.approval};
    late.refused = lapsed_refusal(execution);
    return late;
  }
  if (execution.state != ExecutionState::started) {
    return Error{Code::invalid_state,
                 "the execution ended already: " + std::string(word(execution.state))};
  }
  const Approval approval = TRY(store::approval(write, execution.approval));
  const Ending ending = ending_of(in);
  TRY(check_proof(in, ending, approval));
  const auto took =
      std::chrono::floor<std::chrono::milliseconds>(write.now() - execution.started_at);
  Json data = Json::object(
      {{"outcome", word(ending.outcome)}, {"durationMs", static_cast<std::int64_t>(took.count())}});
  data.set_if("result", in.result);
  data.set_if("error", ending.error);
  if (in.proof) data.set("proof", in.proof->value);
  TRY(write.record_as(actor_for(executor, write.caller()),
                      execution_event(std::string(event_of(ending.outcome)), execution.id, approval,
                                      std::move(data))));
  if (ending.outcome == EndedAs::failure) TRY(suggest_demotion(write, approval));
  const auto escalation_id = TRY(escalate_if_exhausted(write, execution.id));
  return Completion{.execution_id = execution.id,
                    .approval_id = approval.id,
                    .outcome = ending.outcome,
                    .status = status_after(state_of(ending.outcome)).value_or(approval.status),
                    .completed_at = write.now(),
                    .duration_ms = took.count(),
                    .note = ending.note,
                    .escalation_id = escalation_id,
                    .refused = std::nullopt};
}

}  // namespace

void redact(CompleteExecution& in, const Redactor& redactor) {
  if (in.result) redactor.redact(*in.result);
  if (in.error) redactor.redact(*in.error);
  if (in.proof) redactor.redact(in.proof->value);
}

Result<void> prepare(CompleteExecution& in, const Preparation& preparation) {
  redact(in, TRY(preparation.policies.of(preparation.caller.tenant.number))->redactor);
  std::size_t bytes = 0;
  if (in.result) bytes += canonical_json(*in.result).size();
  if (in.error) bytes += canonical_json(*in.error).size();
  if (in.proof) bytes += canonical_json(in.proof->value).size();
  if (bytes <= kOutcomeBytesMax) return {};
  return Error{Code::too_large,
               "result, error and proof have more than 32 KiB together",
               {{"result", "is too large: upload a blob and name its hash in the proof"}}};
}

Result<Completion> complete_execution(store::Write& write, const CompleteExecution& in) {
  const Execution execution = TRY(store::execution(write, in.execution));
  const bool is_theirs =
      execution.started_by == write.caller().principal.id && !execution.by_server;
  if (!is_theirs) {
    return Error{Code::insufficient_permissions, "only who started the execution may complete it"};
  }
  return complete_as(write, in, execution, ExecutedBy::requester);
}

Result<Completion> complete_for_server(store::Write& write, const CompleteExecution& in) {
  const Execution execution = TRY(store::execution(write, in.execution));
  CHECK(execution.by_server);
  return complete_as(write, in, execution, ExecutedBy::server);
}

void describe(Fields& fields, CompleteExecution& in) {
  fields.path("id", in.execution, "the execution");
  fields.field("outcome", in.outcome, "success, failure, partial or unknown");
  fields.field("result", in.result, "what it returned");
  fields.field("error", in.error, "what went wrong");
  fields.field("proof", in.proof,
               "what shows the outcome; a success needs one where the policy wants it");
}

void describe(Fields& fields, Completion& out) {
  fields.field("executionId", out.execution_id, "the execution");
  fields.field("approvalId", out.approval_id, "the approval");
  fields.field("outcome", out.outcome,
               "as recorded: a success whose result says otherwise is a failure");
  fields.field("status", out.status, "the approval's status after it");
  fields.field("completedAt", out.completed_at, "the commit's time");
  fields.field("durationMs", out.duration_ms, "from start to completion, by the server's clock");
  fields.field("note", out.note, "why it is recorded otherwise than it was given");
  fields.field("escalationId", out.escalation_id, "raised where no attempt is left");
}

}  // namespace assent::app
