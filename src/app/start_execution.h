// The grant is used once, by the identity it was issued to, and the execution starts, with a lease.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>

namespace assent::app {

struct StartExecution {
  ApprovalId approval;
  std::optional<std::string> content_hash;  // What the executor is about to run.
  std::optional<std::int64_t> lease_seconds;
};
void describe(Fields& fields, StartExecution& in);

struct Started {
  ExecutionId execution_id;
  std::int64_t attempt = 1;
  Timestamp lease_expires_at;
  std::optional<Refused> refused;
};
void describe(Fields& fields, Started& out);

Result<Started> start_execution(store::Write& write, const StartExecution& in);

// The same where the server executes, on the requester's behalf: the approval names its executor,
// and the lease is as long as the call may take.
Result<Started> start_for_server(store::Write& write, const StartExecution& in);

}  // namespace assent::app
