// What came of an execution is said once, and a failure is never called a success.
#pragma once

#include "app/operation.h"
#include "base/redact.h"
#include "domain/approval.h"

#include <optional>
#include <string>

namespace assent::app {
// How an execution ended, as its caller says it.
enum class EndedAs { success, failure, partial, unknown };
}  // namespace assent::app

namespace assent {
template <>
std::span<const std::string_view> words<app::EndedAs>();
}  // namespace assent

namespace assent::app {

struct CompleteExecution {
  ExecutionId execution;
  EndedAs outcome = EndedAs::success;
  std::optional<Json> result, error;
  std::optional<JsonObject> proof;
};
void describe(Fields& fields, CompleteExecution& in);
Result<void> prepare(CompleteExecution& in, const Preparation& preparation);
// Takes the secrets out of what it says, which prepare() does for whoever comes over the wire.
void redact(CompleteExecution& in, const Redactor& redactor);

struct Completion {
  ExecutionId execution_id;
  ApprovalId approval_id;
  EndedAs outcome = EndedAs::success;
  Status status = Status::executed;  // Of the approval.
  Timestamp completed_at;
  std::int64_t duration_ms = 0;
  std::optional<std::string> note;            // Why it is not recorded as it was given.
  std::optional<EscalationId> escalation_id;  // No attempt is left.
  std::optional<Refused> refused;
};
void describe(Fields& fields, Completion& out);

Result<Completion> complete_execution(store::Write& write, const CompleteExecution& in);

// The same for what the server executes itself.
Result<Completion> complete_for_server(store::Write& write, const CompleteExecution& in);

}  // namespace assent::app
