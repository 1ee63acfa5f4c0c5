// Nobody knows what came of an execution; somebody finds out and says so.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>

namespace assent::app {
// What an unknown outcome turned out to be.
enum class ResolvedAs { success, failure, partial };
}  // namespace assent::app

namespace assent {
template <>
std::span<const std::string_view> words<app::ResolvedAs>();
}  // namespace assent

namespace assent::app {

struct ResolveExecution {
  ExecutionId execution;
  ResolvedAs as = ResolvedAs::success;
  std::string note;
  std::optional<JsonObject> verification;
};
void describe(Fields& fields, ResolveExecution& in);
Result<void> prepare(ResolveExecution& in, const Preparation& preparation);

struct Resolved {
  ExecutionId execution_id;
  ApprovalId approval_id;
  ResolvedAs as = ResolvedAs::success;
  Status status = Status::executed;  // Of the approval.
  Timestamp resolved_at;
  std::optional<EscalationId> escalation_id;
};
void describe(Fields& fields, Resolved& out);

Result<Resolved> resolve_execution(store::Write& write, const ResolveExecution& in);

}  // namespace assent::app
