#include "app/consume_grant.h"
#include "app/create_plan_approval.h"
#include "app/diff_plan.h"
#include "app/get_plan.h"
#include "app/operation_rows.h"
#include "app/start_plan.h"
#include "app/validate_plan.h"

namespace assent::app {

namespace {

// A plan and a DAG of the same size.
constexpr std::size_t kDiffBytesMax = 3 * 1048576;

}  // namespace

std::vector<Operation> plan_operations() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "validate_plan",
                            .route = "POST /v1/ir/validate",
                            .command = "plan check",
                            .permission = Permission::request,
                            .help = "Classify a plan: PASS, ESCALATE or REJECT.",
                            .body = BodyKind::plan},
                           &validate_plan));
  rows.push_back(operation({.name = "get_plan",
                            .route = "GET /v1/ir/plans/{irHash}",
                            .command = "plan show",
                            .permission = Permission::read,
                            .help = "Show a validated plan, and what it lacks before it may run."},
                           &get_plan));
  rows.push_back(operation({.name = "create_plan_approval",
                            .route = "POST /v1/ir/approvals",
                            .command = "plan request",
                            .permission = Permission::request,
                            .help = "Ask people for a plan that was validated and needs them.",
                            .is_creation = true},
                           &create_plan_approval));
  rows.push_back(operation({.name = "consume_plan_approval",
                            .route = "POST /v1/ir/approvals/consume",
                            .command = "plan consume",
                            .permission = Permission::execute,
                            .help = "Present the token of an approved plan: once."},
                           &consume_plan_approval));
  rows.push_back(operation({.name = "diff_plan",
                            .route = "POST /v1/ir/diff",
                            .command = "plan diff",
                            .permission = Permission::execute,
                            .help = "Compare what will run with the plan.",
                            .body_bytes_max = kDiffBytesMax},
                           &diff_plan));
  rows.push_back(operation({.name = "start_plan",
                            .route = "POST /v1/ir/executions",
                            .command = "plan start",
                            .permission = Permission::execute,
                            .help = "Start a plan that is cleared.",
                            .is_creation = true},
                           &start_plan));
  return rows;
}

}  // namespace assent::app
