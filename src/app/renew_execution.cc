#include "app/renew_execution.h"

#include "app/executions.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"

#include <algorithm>

namespace assent::app {

Result<Renewed> renew_execution(store::Write& write, const RenewExecution& in) {
  const Execution execution = TRY(store::execution(write, in.execution));
  const bool is_theirs =
      execution.started_by == write.caller().principal.id && !execution.by_server;
  if (!is_theirs) {
    return Error{Code::insufficient_permissions, "only who started the execution may renew it"};
  }
  if (TRY(lapse_if_overdue(write, execution))) {
    return Renewed{.execution_id = execution.id,
                   .lease_expires_at = execution.lease_expires_at,
                   .refused = lapsed_refusal(execution)};
  }
  if (execution.state != ExecutionState::started) {
    return Error{Code::invalid_state,
                 "the execution ended already: " + std::string(word(execution.state))};
  }
  const Approval approval = TRY(store::approval(write, execution.approval));
  const auto seconds = TRY(lease_seconds(approval, in.lease_seconds));
  const Timestamp until =
      std::max(execution.lease_expires_at, write.now() + std::chrono::seconds(seconds));
  TRY(write.record(execution_event("execution.renewed", execution.id, approval,
                                   Json::object({{"leaseExpiresAt", to_rfc3339(until)}}))));
  return Renewed{.execution_id = execution.id, .lease_expires_at = until, .refused = std::nullopt};
}

void describe(Fields& fields, RenewExecution& in) {
  fields.path("id", in.execution, "the execution");
  fields.field("leaseSeconds", in.lease_seconds,
               "how long from now; at most, and by default, what the approval grants",
               {.min = 1, .max = 604'800});
}

void describe(Fields& fields, Renewed& out) {
  fields.field("executionId", out.execution_id, "the execution");
  fields.field("leaseExpiresAt", out.lease_expires_at,
               "complete or renew until then; never earlier than before");
}

}  // namespace assent::app
