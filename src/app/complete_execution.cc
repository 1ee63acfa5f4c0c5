#include "app/complete_execution.h"

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

}  // namespace

Result<void> prepare(CompleteExecution& in, const Preparation&) {
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
  if (execution.started_by != write.caller().principal.id) {
    return Error{Code::insufficient_permissions, "only who started the execution may complete it"};
  }
  if (execution.state != ExecutionState::started) {
    return Error{Code::invalid_state,
                 "the execution ended already: " + std::string(word(execution.state))};
  }
  const Approval approval = TRY(store::approval(write, execution.approval));
  const auto took =
      std::chrono::floor<std::chrono::milliseconds>(write.now() - execution.started_at);
  Json data = Json::object({{"executionId", execution.id.text()},
                            {"approvalId", approval.id.text()},
                            {"outcome", word(in.outcome)},
                            {"durationMs", static_cast<std::int64_t>(took.count())}});
  data.set_if("tool", approval.tool);
  if (approval.rule) data.set("ruleId", approval.rule->text());
  data.set_if("result", in.result);
  data.set_if("error", in.error);
  if (in.proof) data.set("proof", in.proof->value);
  TRY(write.record({.type = std::string(event_of(in.outcome)),
                    .subject = "execution/" + execution.id.text(),
                    .data = std::move(data),
                    .correlation_id = approval.correlation_id}));
  return Completion{.execution_id = execution.id,
                    .approval_id = approval.id,
                    .outcome = in.outcome,
                    .status = status_after(state_of(in.outcome)).value_or(approval.status),
                    .completed_at = write.now(),
                    .duration_ms = took.count()};
}

void describe(Fields& fields, CompleteExecution& in) {
  fields.path("id", in.execution, "the execution");
  fields.field("outcome", in.outcome, "success, failure, partial or unknown");
  fields.field("result", in.result, "what it returned");
  fields.field("error", in.error, "what went wrong");
  fields.field("proof", in.proof, "what shows the outcome");
}

void describe(Fields& fields, Completion& out) {
  fields.field("executionId", out.execution_id, "the execution");
  fields.field("approvalId", out.approval_id, "the approval");
  fields.field("outcome", out.outcome, "as given");
  fields.field("status", out.status, "the approval's status after it");
  fields.field("completedAt", out.completed_at, "the commit's time");
  fields.field("durationMs", out.duration_ms, "from start to completion, by the server's clock");
}

}  // namespace assent::app
