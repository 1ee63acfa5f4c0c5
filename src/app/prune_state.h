// Forgets what has been over for long, in the state tables and never in the log.
#pragma once

#include "app/operation.h"
#include "app/tenant_timer.h"

#include <chrono>
#include <optional>
#include <string>

namespace assent::app {

struct PruneState {
  std::optional<std::string> approvals_older_than;  // `90d`; default: what the policy says.
  std::optional<std::string> rules_older_than;
  std::optional<std::string> obligations_older_than;
  std::optional<bool> is_dry_run;

  // Read by prepare().
  std::optional<std::chrono::seconds> approvals_age;
  std::optional<std::chrono::seconds> rules_age;
  std::optional<std::chrono::seconds> obligations_age;
};
void describe(Fields& fields, PruneState& in);
Result<void> prepare(PruneState& in, const Preparation& preparation);

struct Pruned {
  std::int64_t approvals = 0;
  std::int64_t rules = 0;
  std::int64_t obligations = 0;
  bool is_dry_run = false;
  bool has_more = false;  // One call forgets a few hundred: call again.
};
void describe(Fields& fields, Pruned& out);

Result<Pruned> prune_state(store::Write& write, const PruneState& in);

// Forgets, for each tenant whose policy says so, and what is kept for some days: the answers under
// idempotency keys and where the events are that emitters named.
TimerTask prune_task();

}  // namespace assent::app
