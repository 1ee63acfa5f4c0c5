// Everything one can ask of the system. Read downwards it is the reference.
#include "app/abandon_approval.h"
#include "app/approval_trail.h"
#include "app/break_glass.h"
#include "app/check_policy.h"
#include "app/create_key.h"
#include "app/create_principal.h"
#include "app/create_rule.h"
#include "app/create_tenant.h"
#include "app/decide_approval.h"
#include "app/defer_approval.h"
#include "app/edit_approval.h"
#include "app/emit_events.h"
#include "app/end_suggestion.h"
#include "app/engage_kill_switch.h"
#include "app/event_proof.h"
#include "app/get_approval.h"
#include "app/get_event.h"
#include "app/get_policy.h"
#include "app/get_principal.h"
#include "app/list_approvals.h"
#include "app/list_kill_switches.h"
#include "app/list_obligations.h"
#include "app/list_principals.h"
#include "app/list_producers.h"
#include "app/list_rules.h"
#include "app/list_suggestions.h"
#include "app/log_consistency.h"
#include "app/operation.h"
#include "app/operation_rows.h"
#include "app/prune_state.h"
#include "app/put_policy.h"
#include "app/query_events.h"
#include "app/release_kill_switch.h"
#include "app/request_approval.h"
#include "app/revoke_key.h"
#include "app/revoke_rule.h"
#include "app/rotate_log_key.h"
#include "app/set_log_visibility.h"
#include "app/simulate_policy.h"
#include "app/suggest_rule.h"

#include <algorithm>
#include <array>

namespace assent::app {

namespace {

std::vector<Operation> approvals() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "request_approval",
                            .route = "POST /v1/approvals",
                            .command = "request",
                            .permission = Permission::request,
                            .help = "Ask whether a tool call or some content is approved.",
                            .is_creation = true},
                           &request_approval));
  rows.push_back(operation({.name = "list_approvals",
                            .route = "GET /v1/approvals",
                            .command = "list",
                            .permission = Permission::read,
                            .help = "List approvals, newest first."},
                           &list_approvals));
  rows.push_back(operation({.name = "get_approval",
                            .route = "GET /v1/approvals/{id}",
                            .command = "show",
                            .permission = Permission::read,
                            .help = "Show one approval; Prefer: wait=N waits for its decision."},
                           &get_approval));
  rows.push_back(operation({.name = "approval_trail",
                            .route = "GET /v1/approvals/{id}/trail",
                            .command = "trail",
                            .permission = Permission::read,
                            .help = "Show every event of one approval, in order."},
                           &approval_trail));
  return rows;
}

std::vector<Operation> decisions() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "approve",
                            .route = "POST /v1/approvals/{id}/approve",
                            .command = "approve",
                            .permission = Permission::decide,
                            .help = "Approve a pending request."},
                           &approve));
  rows.push_back(operation({.name = "reject",
                            .route = "POST /v1/approvals/{id}/reject",
                            .command = "reject",
                            .permission = Permission::decide,
                            .help = "Reject a pending request, finally."},
                           &reject));
  rows.push_back(operation({.name = "edit",
                            .route = "POST /v1/approvals/{id}/edit",
                            .command = "edit",
                            .permission = Permission::decide,
                            .help = "Approve other content instead: it replaces what was asked."},
                           &edit));
  rows.push_back(operation({.name = "defer",
                            .route = "POST /v1/approvals/{id}/defer",
                            .command = "defer",
                            .permission = Permission::decide,
                            .help = "Move the deadline of a pending request by hours."},
                           &defer));
  rows.push_back(operation({.name = "cancel",
                            .route = "POST /v1/approvals/{id}/cancel",
                            .command = "cancel",
                            .permission = Permission::decide,
                            .help = "Withdraw your own pending request."},
                           &cancel));
  rows.push_back(operation({.name = "abandon",
                            .route = "POST /v1/approvals/{id}/abandon",
                            .command = "abandon",
                            .permission = Permission::decide,
                            .help = "Give up what was approved and never started."},
                           &abandon));
  rows.push_back(operation({.name = "break_glass",
                            .route = "POST /v1/approvals/{id}/break-glass",
                            .command = "break-glass",
                            .permission = Permission::decide,
                            .help = "Let a pending request run at once, in an emergency."},
                           &break_glass));
  return rows;
}

std::vector<Operation> rules() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "create_rule",
                            .route = "POST /v1/rules",
                            .command = "rule create",
                            .permission = Permission::rule,
                            .help = "Approve in advance what looks like this.",
                            .is_creation = true},
                           &create_rule));
  rows.push_back(operation({.name = "list_rules",
                            .route = "GET /v1/rules",
                            .command = "rule list",
                            .permission = Permission::read,
                            .help = "List standing rules, newest first."},
                           &list_rules));
  rows.push_back(operation({.name = "get_rule",
                            .route = "GET /v1/rules/{id}",
                            .command = "rule show",
                            .permission = Permission::read,
                            .help = "Show one standing rule."},
                           &get_rule));
  rows.push_back(operation({.name = "revoke_rule",
                            .route = "POST /v1/rules/{id}/revoke",
                            .command = "rule revoke",
                            .permission = Permission::rule,
                            .help = "End a standing rule at once."},
                           &revoke_rule));
  rows.push_back(operation({.name = "suggest_rule",
                            .route = "GET /v1/approvals/{id}/suggested-rule",
                            .command = "rule suggest",
                            .permission = Permission::read,
                            .help = "Show which rule would have approved a call like this."},
                           &suggest_rule));
  rows.push_back(operation({.name = "list_suggestions",
                            .route = "GET /v1/suggestions",
                            .command = "rule suggestions",
                            .permission = Permission::read,
                            .help = "List the rules that the engine suggests, newest first."},
                           &list_suggestions));
  rows.push_back(operation({.name = "confirm_suggestion",
                            .route = "POST /v1/suggestions/{id}/confirm",
                            .command = "rule confirm",
                            .permission = Permission::rule,
                            .help = "Make, or end, the rule that was suggested."},
                           &confirm_suggestion));
  rows.push_back(operation({.name = "dismiss_suggestion",
                            .route = "POST /v1/suggestions/{id}/dismiss",
                            .command = "rule dismiss",
                            .permission = Permission::rule,
                            .help = "Turn a suggestion down; it rests for thirty days."},
                           &dismiss_suggestion));
  return rows;
}

std::vector<Operation> the_log() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "event_proof",
                            .route = "GET /v1/events/{id}/proof",
                            .command = "prove",
                            .permission = Permission::read,
                            .help = "Prove that an event is in the log (C2SP tlog-proof).",
                            .raw_type = "text/plain; charset=utf-8"},
                           &event_proof));
  rows.push_back(operation({.name = "log_consistency",
                            .route = "GET /v1/log/consistency",
                            .command = "log consistency",
                            .permission = Permission::read,
                            .help = "Prove that the log only grew from one size to another."},
                           &log_consistency));
  rows.push_back(operation({.name = "set_log_visibility",
                            .route = "PUT /v1/log/visibility",
                            .command = "log visibility",
                            .permission = Permission::administer,
                            .help = "Let anybody read the log's checkpoint, tiles and entries."},
                           &set_log_visibility));
  return rows;
}

std::vector<Operation> emissions() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "emit_events",
                            .route = "POST /v1/events",
                            .command = "emit",
                            .permission = Permission::emit,
                            .help = "Record side effects: one event, an array, or NDJSON.",
                            .is_creation = true,
                            .body = BodyKind::events},
                           &emit_events));
  rows.push_back(operation({.name = "list_producers",
                            .route = "GET /v1/producers",
                            .command = "producers",
                            .permission = Permission::read,
                            .help = "List the programs that emit, and which events never arrived."},
                           &list_producers));
  rows.push_back(operation({.name = "list_obligations",
                            .route = "GET /v1/obligations",
                            .command = "obligations",
                            .permission = Permission::read,
                            .help = "List what is pending still, the first due first."},
                           &list_obligations));
  return rows;
}

std::vector<Operation> events_and_policy() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "query_events",
                            .route = "GET /v1/events",
                            .command = "events",
                            .permission = Permission::read,
                            .help = "Read the log by filters, in sequence order."},
                           &query_events));
  rows.push_back(operation({.name = "get_event",
                            .route = "GET /v1/events/{id}",
                            .command = "event",
                            .permission = Permission::read,
                            .help = "Show one event by id or sequence."},
                           &get_event));
  rows.push_back(operation({.name = "get_policy",
                            .route = "GET /v1/policy",
                            .command = "policy show",
                            .permission = Permission::read,
                            .help = "Show the policy in force, or an earlier version."},
                           &get_policy));
  rows.push_back(operation({.name = "put_policy",
                            .route = "PUT /v1/policy",
                            .command = "policy put",
                            .permission = Permission::put_policy,
                            .help = "Put a new version of the policy in force.",
                            .body = BodyKind::document},
                           &put_policy));
  rows.push_back(operation({.name = "check_policy",
                            .route = "POST /v1/policy/check",
                            .command = "policy check",
                            .permission = Permission::read,
                            .help = "Explain what the policy, or a draft, answers to a request."},
                           &check_policy));
  rows.push_back(operation({.name = "simulate_policy",
                            .route = "POST /v1/policy/simulate",
                            .command = "policy simulate",
                            .permission = Permission::simulate,
                            .help = "Show what a draft would have answered to past requests.",
                            .body = BodyKind::document},
                           &simulate_policy));
  return rows;
}

std::vector<Operation> kill_switches() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "engage_kill_switch",
                            .route = "POST /v1/killswitches",
                            .command = "killswitch engage",
                            .permission = Permission::stop,
                            .help = "Stop: nothing that it means starts or is approved.",
                            .is_creation = true},
                           &engage_kill_switch));
  rows.push_back(operation({.name = "release_kill_switch",
                            .route = "POST /v1/killswitches/{id}/release",
                            .command = "killswitch release",
                            .permission = Permission::stop,
                            .help = "Go on after a stop."},
                           &release_kill_switch));
  rows.push_back(operation({.name = "list_kill_switches",
                            .route = "GET /v1/killswitches",
                            .command = "killswitch list",
                            .permission = Permission::read,
                            .help = "List kill switches, newest first."},
                           &list_kill_switches));
  return rows;
}

std::vector<Operation> administration() {
  std::vector<Operation> rows;
  rows.push_back(operation({.name = "prune_state",
                            .route = "POST /v1/retention/prune",
                            .command = "retention prune",
                            .permission = Permission::administer,
                            .help = "Forget what has been over for long; the log keeps it."},
                           &prune_state));
  rows.push_back(operation({.name = "create_principal",
                            .route = "POST /v1/principals",
                            .command = "principal create",
                            .permission = Permission::administer,
                            .help = "Create a human, an agent or a service.",
                            .is_creation = true},
                           &create_principal));
  rows.push_back(operation({.name = "list_principals",
                            .route = "GET /v1/principals",
                            .command = "principal list",
                            .permission = Permission::read,
                            .help = "List principals in order of creation."},
                           &list_principals));
  rows.push_back(operation({.name = "get_principal",
                            .route = "GET /v1/principals/{id}",
                            .command = "principal show",
                            .permission = Permission::read,
                            .help = "Show one principal."},
                           &get_principal));
  rows.push_back(operation({.name = "create_key",
                            .route = "POST /v1/principals/{id}/keys",
                            .command = "key create",
                            .permission = Permission::administer,
                            .help = "Make an API key; it is shown this once.",
                            .is_creation = true,
                            .secret = "key"},
                           &create_key));
  rows.push_back(operation({.name = "revoke_key",
                            .route = "POST /v1/keys/{id}/revoke",
                            .command = "key revoke",
                            .permission = Permission::administer,
                            .help = "Revoke an API key at once."},
                           &revoke_key));
  rows.push_back(operation({.name = "rotate_log_key",
                            .route = "POST /v1/log/keys/rotate",
                            .command = "key rotate-log",
                            .permission = Permission::administer,
                            .help = "Give the log a new key, which signs from now on."},
                           &rotate_log_key));
  rows.push_back(operation({.name = "create_tenant",
                            .route = "POST /v1/tenants",
                            .command = "tenant create",
                            .permission = Permission::operate,
                            .help = "Found a tenant with its own log, key and admin.",
                            .is_creation = true,
                            .secret = "adminKey"},
                           &create_tenant));
  return rows;
}

std::vector<Operation> make_table() {
  std::vector<Operation> table;
  for (auto* part : {&approvals, &decisions, &rules, &execution_operations, &plan_operations,
                     &emissions, &events_and_policy, &the_log, &kill_switches, &administration}) {
    for (Operation& row : part()) table.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::span<const Operation> operations() {
  static const std::vector<Operation> table = make_table();
  return table;
}

const Operation* find_operation(std::string_view name) {
  const auto found = std::ranges::find_if(
      operations(), [&](const Operation& operation) { return operation.about.name == name; });
  return found == operations().end() ? nullptr : &*found;
}

}  // namespace assent::app
