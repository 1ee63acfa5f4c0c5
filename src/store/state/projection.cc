#include "store/state/projection.h"

#include "store/state/project_parts.h"

#include <algorithm>
#include <array>
#include <string>

namespace assent::store {
namespace {

Result<void> change_nothing(Connection&, const Fact&) {
  return {};
}

struct Projector {
  std::string_view type;
  Result<void> (*apply)(Connection&, const Fact&);
};

// Sorted by type.
constexpr std::array kProjectors = {
    Projector{"approval.abandoned", project_approval_abandoned},
    Projector{"approval.attempted", change_nothing},
    Projector{"approval.auto_approved", project_approval_auto_approved},
    Projector{"approval.cancelled", project_approval_cancelled},
    Projector{"approval.deferred", project_approval_deferred},
    Projector{"approval.expired", project_approval_expired},
    Projector{"approval.recorded", project_approval_recorded},
    Projector{"approval.rejected", project_approval_rejected},
    Projector{"approval.requested", project_approval_requested},
    Projector{"approval.succeeded", project_approval_succeeded},
    Projector{"breakglass.used", project_breakglass_used},
    Projector{"escalation.triggered", project_escalation_triggered},
    Projector{"evidence.attached", project_evidence_attached},
    Projector{"evidence.withdrawn", project_evidence_withdrawn},
    Projector{"execution.failed", project_execution_ended},
    Projector{"execution.partial", project_execution_ended},
    Projector{"execution.renewed", project_execution_renewed},
    Projector{"execution.resolved", project_execution_resolved},
    Projector{"execution.started", project_execution_started},
    Projector{"execution.succeeded", project_execution_ended},
    Projector{"execution.unknown", project_execution_ended},
    Projector{"grant.consumed", project_grant_consumed},
    Projector{"grant.expired", project_grant_expired},
    Projector{"grant.issued", project_grant_issued},
    Projector{"grant.refused", change_nothing},
    Projector{"grant.token_issued", project_grant_token_issued},
    Projector{"ir.dag_diff_failed", project_plan_compared},
    Projector{"ir.dag_diff_ok", project_plan_compared},
    Projector{"ir.validated_escalate", project_plan_validated},
    Projector{"ir.validated_pass", project_plan_validated},
    Projector{"ir.validated_reject", project_plan_validated},
    Projector{"key.created", project_key_created},
    Projector{"key.revoked", project_key_revoked},
    Projector{"killswitch.engaged", project_kill_switch_engaged},
    Projector{"killswitch.released", project_kill_switch_released},
    Projector{"ledger.created", project_ledger_created},
    Projector{"ledger.key_rotated", project_ledger_key_rotated},
    Projector{"ledger.restored", project_ledger_restored},
    Projector{"ledger.state_pruned", project_state_pruned},
    Projector{"ledger.visibility_changed", project_visibility_changed},
    Projector{"policy.changed", project_policy_changed},
    Projector{"principal.created", project_principal_created},
    Projector{"rule.created", project_rule_created},
    Projector{"rule.revoked", project_rule_revoked},
    Projector{"rule.suggested", project_rule_suggested},
    Projector{"rule.suggestion_confirmed", project_suggestion_ended},
    Projector{"rule.suggestion_dismissed", project_suggestion_ended},
    Projector{"rule.suggestion_superseded", project_suggestion_ended},
};
static_assert(std::ranges::is_sorted(kProjectors, {}, &Projector::type));

constexpr std::string_view kBlockedPrefix = "approval.blocked.";

bool is_block(std::string_view type) {
  return type.starts_with(kBlockedPrefix) &&
         from_word<Refusal>(type.substr(kBlockedPrefix.size())).has_value();
}

}  // namespace

Result<void> project(Connection& connection, const Fact& fact) {
  if (is_block(fact.type)) return {};
  if (!is_governed_type(fact.type)) return project_emitted(connection, fact);

  const auto found = std::ranges::lower_bound(kProjectors, fact.type, {}, &Projector::type);
  if (found != kProjectors.end() && found->type == fact.type) return found->apply(connection, fact);
  // Not to be passed over: what a newer version calls a change of state would be lost in a replay.
  return Error{Code::corrupt,
               "The event type " + std::string(fact.type) + " is none that this version writes."};
}

std::vector<std::string_view> projected_types() {
  std::vector<std::string_view> types;
  types.reserve(kProjectors.size());
  for (const Projector& projector : kProjectors) types.push_back(projector.type);
  return types;
}

}  // namespace assent::store
