// One function for each event that changes state: the rows of projection.cc's table.
#pragma once

#include "base/result.h"
#include "store/connection.h"
#include "store/state/projection.h"

namespace assent::store {

// project_identity.cc
Result<void> project_ledger_created(Connection& connection, const Fact& fact);
Result<void> project_ledger_key_rotated(Connection& connection, const Fact& fact);
Result<void> project_ledger_restored(Connection& connection, const Fact& fact);
Result<void> project_visibility_changed(Connection& connection, const Fact& fact);
Result<void> project_principal_created(Connection& connection, const Fact& fact);
Result<void> project_key_created(Connection& connection, const Fact& fact);
Result<void> project_key_revoked(Connection& connection, const Fact& fact);

// project_policy.cc
Result<void> project_policy_changed(Connection& connection, const Fact& fact);

// project_approval.cc
Result<void> project_approval_requested(Connection& connection, const Fact& fact);

// project_decision.cc
Result<void> project_approval_auto_approved(Connection& connection, const Fact& fact);
Result<void> project_approval_recorded(Connection& connection, const Fact& fact);
Result<void> project_approval_succeeded(Connection& connection, const Fact& fact);
Result<void> project_approval_rejected(Connection& connection, const Fact& fact);
Result<void> project_approval_cancelled(Connection& connection, const Fact& fact);
Result<void> project_approval_expired(Connection& connection, const Fact& fact);
Result<void> project_approval_deferred(Connection& connection, const Fact& fact);
Result<void> project_approval_abandoned(Connection& connection, const Fact& fact);
Result<void> project_breakglass_used(Connection& connection, const Fact& fact);

// project_rule.cc
Result<void> project_rule_created(Connection& connection, const Fact& fact);
Result<void> project_rule_revoked(Connection& connection, const Fact& fact);

// project_pruning.cc
Result<void> project_state_pruned(Connection& connection, const Fact& fact);

// project_suggestion.cc
Result<void> project_rule_suggested(Connection& connection, const Fact& fact);
Result<void> project_suggestion_ended(Connection& connection, const Fact& fact);

// project_kill_switch.cc
Result<void> project_kill_switch_engaged(Connection& connection, const Fact& fact);
Result<void> project_kill_switch_released(Connection& connection, const Fact& fact);

// project_evidence.cc
Result<void> project_evidence_attached(Connection& connection, const Fact& fact);
Result<void> project_evidence_withdrawn(Connection& connection, const Fact& fact);

// project_grant.cc
Result<void> project_grant_issued(Connection& connection, const Fact& fact);
Result<void> project_grant_consumed(Connection& connection, const Fact& fact);
Result<void> project_grant_token_issued(Connection& connection, const Fact& fact);
Result<void> project_grant_expired(Connection& connection, const Fact& fact);

// project_plan.cc
Result<void> project_plan_validated(Connection& connection, const Fact& fact);
Result<void> project_plan_compared(Connection& connection, const Fact& fact);

// project_execution.cc
Result<void> project_execution_started(Connection& connection, const Fact& fact);
Result<void> project_execution_renewed(Connection& connection, const Fact& fact);
Result<void> project_execution_ended(Connection& connection, const Fact& fact);
Result<void> project_execution_resolved(Connection& connection, const Fact& fact);
Result<void> project_escalation_triggered(Connection& connection, const Fact& fact);

// project_emitted.cc: of whatever emitted type.
Result<void> project_emitted(Connection& connection, const Fact& fact);

// ---- steps that more than one of them takes ----

// project_edit.cc: a decision whose action is `edited` first replaces the content, by compare and
// set, and forgets the votes for the earlier one.
bool is_edit(const Fact& fact);
Result<void> replace_content(Connection& connection, const Fact& fact);

// Code::corrupt unless the approval has that status now.
Result<void> require_status(Connection& connection, const Fact& fact, const ApprovalId& approval,
                            Status status);

struct Transition {
  ApprovalId approval;
  Status from;
  Status to;
};
// Compare and set, for what happens to an approval after its decision.
Result<void> move_status(Connection& connection, const Fact& fact, const Transition& transition);

// A standing rule approves an approval: one of its uses, and its name beside what it approved.
Result<void> use_rule(Connection& connection, const Fact& fact, const RuleId& rule,
                      const ApprovalId& approval);

// A person's yes to a call of the fact's fingerprint, if it names one; and their no, which starts
// the count again.
Result<void> count_like(Connection& connection, const Fact& fact);
Result<void> forget_likes(Connection& connection, const Fact& fact);

struct GrantTerms {
  GrantId id;
  ApprovalId approval;
  std::string_view content_hash;
  GrantForm form = GrantForm::identity;
  Timestamp expires_at;
};
Result<void> insert_grant(Connection& connection, const Fact& fact, const GrantTerms& terms);
// An unused grant of the approval is worth nothing from now on.
Result<void> void_grant(Connection& connection, const Fact& fact, const ApprovalId& approval);

}  // namespace assent::store
