// A plan starts to run, if it is cleared: it passed or its token was presented, what will run was
// compared with it, and nobody has pulled a kill switch. Everything that is missing is on the log.
#pragma once

#include "app/operation.h"
#include "app/start_execution.h"

#include <cstdint>
#include <optional>
#include <string>

namespace assent::app {

struct StartPlan {
  std::string ir_hash;
  std::optional<std::int64_t> lease_seconds;
};
void describe(Fields& fields, StartPlan& in);

struct StartedPlan : Started {
  ApprovalId approval_id;  // Of a plan that passed: one that the policy gave.
};
void describe(Fields& fields, StartedPlan& out);

Result<StartedPlan> start_plan(store::Write& write, const StartPlan& in);

}  // namespace assent::app
