// Grants and executions, as the state tables have them. Errors as in approvals.h.
#pragma once

#include "base/result.h"
#include "domain/approval.h"
#include "store/read.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace assent::store {

// The approval's one grant; nothing if none was minted, or there is no such approval.
Result<std::optional<Grant>> grant_of(const Read& read, const ApprovalId& approval);

// The grant whose token has this SHA-256, and whose it is: of any tenant, so that a token shown to
// the wrong one can be told to its owner. Nothing if there is none.
struct PresentedGrant {
  TenantNumber tenant{};
  Grant grant;
};
Result<std::optional<PresentedGrant>> grant_of_token(Connection& connection, const Hash& token);

// Approvals of the tenant whose grant is neither used nor expired and has its deadline before
// `now`, the longest overdue first.
Result<std::vector<ApprovalId>> overdue_grants(Connection& connection, std::int64_t tenant,
                                               Timestamp now, std::int64_t limit);

// Executions of the tenant whose lease passed before `now` without a completion, oldest first.
Result<std::vector<ExecutionId>> lapsed_executions(Connection& connection, std::int64_t tenant,
                                                   Timestamp now, std::int64_t limit);

Result<Execution> execution(const Read& read, const ExecutionId& id);

// Every attempt, the first one first.
Result<std::vector<Execution>> executions_of(const Read& read, const ApprovalId& approval);

Result<std::optional<Execution>> latest_execution(const Read& read, const ApprovalId& approval);

}  // namespace assent::store
