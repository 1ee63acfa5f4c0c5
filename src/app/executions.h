// What the operations on executions share: the events that an execution makes by itself.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>

namespace assent::app {

// Who runs something: the requester, by its own means, or the server on its behalf.
enum class ExecutedBy { requester, server };

// An event about the execution, with what every such event says: which approval, tool and rule.
Event execution_event(std::string type, const ExecutionId& execution, const Approval& approval,
                      Json data = Json::object());

// The event's actor: the caller, or the engine where the server executes.
Actor actor_for(ExecutedBy executor, const Caller& caller);

// Records `execution.unknown` if the lease has passed without a completion; says whether it did.
Result<bool> lapse_if_overdue(store::Write& write, const Execution& execution);

// The refusal of whoever comes after that.
Refused lapsed_refusal(const Execution& execution);

// Records `escalation.triggered` if the execution, which just ended, was the last attempt and a
// definite failure. REQUIRES: its end is recorded.
Result<std::optional<EscalationId>> escalate_if_exhausted(store::Write& write,
                                                          const ExecutionId& execution);

// 422 where a lease of so many seconds is more than the approval grants.
Result<std::int64_t> lease_seconds(const Approval& approval,
                                   const std::optional<std::int64_t>& asked);

}  // namespace assent::app
