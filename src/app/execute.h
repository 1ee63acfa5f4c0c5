// Execution: the grant is used once, and what came of it is said once.
#pragma once

#include <optional>
#include <string>

#include "app/operation.h"
#include "domain/approval.h"

namespace assent::app {

struct StartExecution {
  ApprovalId approval;
  std::optional<std::string> content_hash;  // What the executor is about to run.
};
void describe(Fields& fields, StartExecution& in);

struct Started {
  ExecutionId execution_id;
  std::int64_t attempt = 1;
  std::optional<Refused> refused;
};
void describe(Fields& fields, Started& out);

Result<Started> start_execution(store::Write& write, const StartExecution& in);

// How an execution ended, as its caller says it.
enum class EndedAs { success, failure, partial, unknown };

struct CompleteExecution {
  ExecutionId execution;
  EndedAs outcome = EndedAs::success;
  std::optional<Json> result, error;
  std::optional<JsonObject> proof;
};
void describe(Fields& fields, CompleteExecution& in);
Result<void> prepare(CompleteExecution& in, const Preparation& preparation);

struct Completion {
  ExecutionId execution_id;
  ApprovalId approval_id;
  EndedAs outcome = EndedAs::success;
  Status status = Status::executed;  // Of the approval.
  Timestamp completed_at;
  std::int64_t duration_ms = 0;
};
void describe(Fields& fields, Completion& out);

Result<Completion> complete_execution(store::Write& write, const CompleteExecution& in);

}  // namespace assent::app

namespace assent {
template <>
std::span<const std::string_view> words<app::EndedAs>();
}
