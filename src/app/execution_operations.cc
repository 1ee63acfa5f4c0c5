#include "app/attach_evidence.h"
#include "app/complete_execution.h"
#include "app/consume_grant.h"
#include "app/get_blob.h"
#include "app/issue_token.h"
#include "app/operation_rows.h"
#include "app/put_blob.h"
#include "app/renew_execution.h"
#include "app/resolve_execution.h"
#include "app/start_execution.h"
#include "app/withdraw_evidence.h"

namespace assent::app {

namespace {

constexpr std::size_t kBlobBytesMax = 25 * 1048576;

std::vector<Operation> evidence() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "attach_evidence",
                            .route = "POST /v1/approvals/{id}/evidence",
                            .command = "evidence add",
                            .permission = Permission::attach,
                            .help = "Attach evidence to a pending approval.",
                            .is_creation = true},
                           &attach_evidence));
  rows.push_back(operation({.name = "withdraw_evidence",
                            .route = "POST /v1/evidence/{id}/withdraw",
                            .command = "evidence withdraw",
                            .permission = Permission::attach,
                            .help = "Withdraw evidence, so that it no longer counts."},
                           &withdraw_evidence));
  rows.push_back(operation({.name = "put_blob",
                            .route = "PUT /v1/blobs",
                            .command = "blob put",
                            .permission = Permission::attach,
                            .help = "Upload bytes; they are named by their hash.",
                            .is_creation = true,
                            .body = BodyKind::bytes,
                            .body_bytes_max = kBlobBytesMax},
                           &put_blob));
  rows.push_back(operation({.name = "get_blob",
                            .route = "GET /v1/blobs/{sha256}",
                            .command = "blob get",
                            .permission = Permission::read,
                            .help = "Download a blob.",
                            .raw_type = "application/octet-stream"},
                           &get_blob));
  return rows;
}

std::vector<Operation> executions() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "start_execution",
                            .route = "POST /v1/approvals/{id}/executions",
                            .command = "execution start",
                            .permission = Permission::execute,
                            .help = "Use the grant, once, and start executing.",
                            .is_creation = true},
                           &start_execution));
  rows.push_back(operation({.name = "issue_token",
                            .route = "POST /v1/approvals/{id}/token",
                            .command = "token",
                            .permission = Permission::execute,
                            .help = "Get the bearer token of your grant: shown once.",
                            .is_creation = true,
                            .secret = "token"},
                           &issue_token));
  rows.push_back(operation({.name = "consume_grant",
                            .route = "POST /v1/grants/consume",
                            .command = "grant consume",
                            .permission = Permission::execute,
                            .help = "Present a grant's token, and start executing.",
                            .is_creation = true},
                           &consume_grant));
  rows.push_back(operation({.name = "complete_execution",
                            .route = "POST /v1/executions/{id}/complete",
                            .command = "execution complete",
                            .permission = Permission::execute,
                            .help = "Say how an execution ended."},
                           &complete_execution));
  rows.push_back(operation({.name = "renew_execution",
                            .route = "POST /v1/executions/{id}/renew",
                            .command = "execution renew",
                            .permission = Permission::execute,
                            .help = "Say that an execution goes on, so that its lease does."},
                           &renew_execution));
  rows.push_back(operation({.name = "resolve_execution",
                            .route = "POST /v1/executions/{id}/resolve",
                            .command = "execution resolve",
                            .permission = Permission::execute,
                            .help = "Say what became of an execution whose outcome is unknown."},
                           &resolve_execution));
  return rows;
}

}  // namespace

std::vector<Operation> execution_operations() {
  std::vector<Operation> rows = evidence();
  for (Operation& row : executions()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace assent::app
