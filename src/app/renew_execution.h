// Whoever executes says that it is still at it: the lease ends later.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>

namespace assent::app {

struct RenewExecution {
  ExecutionId execution;
  std::optional<std::int64_t> lease_seconds;
};
void describe(Fields& fields, RenewExecution& in);

struct Renewed {
  ExecutionId execution_id;
  Timestamp lease_expires_at;
  std::optional<Refused> refused;
};
void describe(Fields& fields, Renewed& out);

Result<Renewed> renew_execution(store::Write& write, const RenewExecution& in);

}  // namespace assent::app
