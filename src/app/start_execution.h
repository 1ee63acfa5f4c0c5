// The grant is used once, by the identity it was issued to, and the execution starts.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>

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

}  // namespace assent::app
