// The shape of every state table, for those who compare them.
#include "store/state/projection.h"

#include <array>

namespace assent::store {
namespace {

using Column = StateTable::Column;
constexpr auto kInteger = StateTable::Kind::integer;
constexpr auto kText = StateTable::Kind::text;
constexpr auto kBytes = StateTable::Kind::bytes;

constexpr std::string_view kTenants = R"sql(
  SELECT number, name, origin, generation, verifier_key, created_at, is_public
    FROM tenants
   ORDER BY number)sql";
constexpr std::array kTenantColumns = {
    Column{"number", kInteger},     Column{"name", kText},         Column{"origin", kText},
    Column{"generation", kInteger}, Column{"verifier_key", kText}, Column{"created_at", kInteger},
    Column{"is_public", kInteger}};

constexpr std::string_view kLogKeys = R"sql(
  SELECT tenant, generation, verifier_key, from_size, reason, created_at
    FROM log_keys
   ORDER BY tenant, generation)sql";
constexpr std::array kLogKeyColumns = {
    Column{"tenant", kInteger},    Column{"generation", kInteger}, Column{"verifier_key", kText},
    Column{"from_size", kInteger}, Column{"reason", kText},        Column{"created_at", kInteger}};

constexpr std::string_view kPrincipals = R"sql(
  SELECT tenant, id, type, name, roles, owner, email, created_at
    FROM principals
   ORDER BY tenant, id)sql";
constexpr std::array kPrincipalColumns = {
    Column{"tenant", kInteger}, Column{"id", kBytes},          Column{"type", kText},
    Column{"name", kText},      Column{"roles", kText},        Column{"owner", kBytes},
    Column{"email", kText},     Column{"created_at", kInteger}};

constexpr std::string_view kKeys = R"sql(
  SELECT tenant, id, principal, key_hash, name, expires_at, revoked_at, created_at
    FROM keys
   ORDER BY tenant, id)sql";
constexpr std::array kKeyColumns = {Column{"tenant", kInteger},     Column{"id", kBytes},
                                    Column{"principal", kBytes},    Column{"key_hash", kBytes},
                                    Column{"name", kText},          Column{"expires_at", kInteger},
                                    Column{"revoked_at", kInteger}, Column{"created_at", kInteger}};

constexpr std::string_view kPolicies = R"sql(
  SELECT tenant, version, id, sha256, created_at
    FROM policies
   ORDER BY tenant, version)sql";
constexpr std::array kPolicyColumns = {Column{"tenant", kInteger}, Column{"version", kInteger},
                                       Column{"id", kBytes}, Column{"sha256", kText},
                                       Column{"created_at", kInteger}};

constexpr std::string_view kApprovals = R"sql(
  SELECT tenant, id, kind, status, risk_tier, content_hash, tool, requested_by, requester_owner,
         requested_at, expires_at, evidence_required, evidence_ttl_seconds, quorum,
         allows_self_approval, max_attempts, grant_ttl_seconds, correlation_id, decided_at,
         decided_by, request, lease_seconds, requires_proof, executor, defers, max_defers,
         content_version, rule, further_quorums, glass_broken_by, planned_by, planner_owner
    FROM approvals
   ORDER BY tenant, id)sql";
constexpr std::array kApprovalColumns = {Column{"tenant", kInteger},
                                         Column{"id", kBytes},
                                         Column{"kind", kText},
                                         Column{"status", kText},
                                         Column{"risk_tier", kText},
                                         Column{"content_hash", kText},
                                         Column{"tool", kText},
                                         Column{"requested_by", kBytes},
                                         Column{"requester_owner", kBytes},
                                         Column{"requested_at", kInteger},
                                         Column{"expires_at", kInteger},
                                         Column{"evidence_required", kInteger},
                                         Column{"evidence_ttl_seconds", kInteger},
                                         Column{"quorum", kText},
                                         Column{"allows_self_approval", kInteger},
                                         Column{"max_attempts", kInteger},
                                         Column{"grant_ttl_seconds", kInteger},
                                         Column{"correlation_id", kText},
                                         Column{"decided_at", kInteger},
                                         Column{"decided_by", kBytes},
                                         Column{"request", kText},
                                         Column{"lease_seconds", kInteger},
                                         Column{"requires_proof", kInteger},
                                         Column{"executor", kText},
                                         Column{"defers", kInteger},
                                         Column{"max_defers", kInteger},
                                         Column{"content_version", kInteger},
                                         Column{"rule", kBytes},
                                         Column{"further_quorums", kText},
                                         Column{"glass_broken_by", kBytes},
                                         Column{"planned_by", kBytes},
                                         Column{"planner_owner", kBytes}};

constexpr std::string_view kVotes = R"sql(
  SELECT tenant, approval, principal, id, roles, sequence
    FROM votes
   ORDER BY tenant, approval, principal)sql";
constexpr std::array kVoteColumns = {Column{"tenant", kInteger},  Column{"approval", kBytes},
                                     Column{"principal", kBytes}, Column{"id", kBytes},
                                     Column{"roles", kText},      Column{"sequence", kInteger}};

constexpr std::string_view kEvidence = R"sql(
  SELECT tenant, id, approval, type, name, text, url, sha256, size_bytes, captured_at,
         attached_at, withdrawn_at
    FROM evidence
   ORDER BY tenant, id)sql";
constexpr std::array kEvidenceColumns = {Column{"tenant", kInteger},
                                         Column{"id", kBytes},
                                         Column{"approval", kBytes},
                                         Column{"type", kText},
                                         Column{"name", kText},
                                         Column{"text", kText},
                                         Column{"url", kText},
                                         Column{"sha256", kText},
                                         Column{"size_bytes", kInteger},
                                         Column{"captured_at", kInteger},
                                         Column{"attached_at", kInteger},
                                         Column{"withdrawn_at", kInteger}};

constexpr std::string_view kGrants = R"sql(
  SELECT tenant, approval, id, content_hash, form, issued_at, expires_at, consumed_at, expired_at,
         token_hash, consumed_by
    FROM grants
   ORDER BY tenant, approval)sql";
constexpr std::array kGrantColumns = {
    Column{"tenant", kInteger},     Column{"approval", kBytes},      Column{"id", kBytes},
    Column{"content_hash", kText},  Column{"form", kText},           Column{"issued_at", kInteger},
    Column{"expires_at", kInteger}, Column{"consumed_at", kInteger}, Column{"expired_at", kInteger},
    Column{"token_hash", kBytes},   Column{"consumed_by", kBytes}};

constexpr std::string_view kPlans = R"sql(
  SELECT tenant, ir_hash, status, risk_tier, step_count, policy_version, request_id, plan,
         validated_at, planned_by, planner_owner
    FROM plans
   ORDER BY tenant, ir_hash)sql";
constexpr std::array kPlanColumns = {
    Column{"tenant", kInteger},       Column{"ir_hash", kText},
    Column{"status", kText},          Column{"risk_tier", kText},
    Column{"step_count", kInteger},   Column{"policy_version", kInteger},
    Column{"request_id", kText},      Column{"plan", kText},
    Column{"validated_at", kInteger}, Column{"planned_by", kBytes},
    Column{"planner_owner", kBytes}};

constexpr std::string_view kPlanComparisons = R"sql(
  SELECT tenant, ir_hash, compared_by, matches, dag_hash, compared_at
    FROM plan_comparisons
   ORDER BY tenant, ir_hash, compared_by)sql";
constexpr std::array kPlanComparisonColumns = {
    Column{"tenant", kInteger},  Column{"ir_hash", kText},  Column{"compared_by", kBytes},
    Column{"matches", kInteger}, Column{"dag_hash", kText}, Column{"compared_at", kInteger}};

constexpr std::string_view kExecutions = R"sql(
  SELECT tenant, id, approval, grant_id, attempt, state, started_by, started_at, completed_at,
         result, error, lease_expires_at, by_server, resolved_as, resolved_at, resolved_by, note,
         verification
    FROM executions
   ORDER BY tenant, id)sql";
constexpr std::array kExecutionColumns = {Column{"tenant", kInteger},
                                          Column{"id", kBytes},
                                          Column{"approval", kBytes},
                                          Column{"grant_id", kBytes},
                                          Column{"attempt", kInteger},
                                          Column{"state", kText},
                                          Column{"started_by", kBytes},
                                          Column{"started_at", kInteger},
                                          Column{"completed_at", kInteger},
                                          Column{"result", kText},
                                          Column{"error", kText},
                                          Column{"lease_expires_at", kInteger},
                                          Column{"by_server", kInteger},
                                          Column{"resolved_as", kText},
                                          Column{"resolved_at", kInteger},
                                          Column{"resolved_by", kBytes},
                                          Column{"note", kText},
                                          Column{"verification", kText}};

constexpr std::string_view kEscalations = R"sql(
  SELECT tenant, id, approval, execution, type, status, triggered_at
    FROM escalations
   ORDER BY tenant, id)sql";
constexpr std::array kEscalationColumns = {
    Column{"tenant", kInteger},      Column{"id", kBytes},  Column{"approval", kBytes},
    Column{"execution", kBytes},     Column{"type", kText}, Column{"status", kText},
    Column{"triggered_at", kInteger}};

constexpr std::string_view kDeduplications = R"sql(
  SELECT tenant, key, approval
    FROM deduplications
   ORDER BY tenant, key)sql";
constexpr std::array kDeduplicationColumns = {Column{"tenant", kInteger}, Column{"key", kText},
                                              Column{"approval", kBytes}};

constexpr std::string_view kRules = R"sql(
  SELECT tenant, id, tool, constraints, shape, pin, max_uses, uses, expires_at, description,
         created_by, created_roles, created_from, created_at, revoked_at
    FROM rules
   ORDER BY tenant, id)sql";
constexpr std::array kRuleColumns = {
    Column{"tenant", kInteger},     Column{"id", kBytes},           Column{"tool", kText},
    Column{"constraints", kText},   Column{"shape", kText},         Column{"pin", kBytes},
    Column{"max_uses", kInteger},   Column{"uses", kInteger},       Column{"expires_at", kInteger},
    Column{"description", kText},   Column{"created_by", kBytes},   Column{"created_roles", kText},
    Column{"created_from", kBytes}, Column{"created_at", kInteger}, Column{"revoked_at", kInteger}};

constexpr std::string_view kKillSwitches = R"sql(
  SELECT tenant, id, scope, tool, reason, engaged_by, engaged_at, released_at
    FROM kill_switches
   ORDER BY tenant, id)sql";
constexpr std::array kKillSwitchColumns = {
    Column{"tenant", kInteger},     Column{"id", kBytes},           Column{"scope", kText},
    Column{"tool", kText},          Column{"reason", kText},        Column{"engaged_by", kBytes},
    Column{"engaged_at", kInteger}, Column{"released_at", kInteger}};

constexpr std::string_view kLikes = R"sql(
  SELECT tenant, fingerprint, count, approvals
    FROM likes
   ORDER BY tenant, fingerprint)sql";
constexpr std::array kLikeColumns = {Column{"tenant", kInteger}, Column{"fingerprint", kText},
                                     Column{"count", kInteger}, Column{"approvals", kText}};

constexpr std::string_view kSuggestions = R"sql(
  SELECT tenant, id, kind, status, tool, fingerprint, constraints, rule, approvals, created_at,
         ended_at
    FROM suggestions
   ORDER BY tenant, id)sql";
constexpr std::array kSuggestionColumns = {
    Column{"tenant", kInteger},     Column{"id", kBytes},        Column{"kind", kText},
    Column{"status", kText},        Column{"tool", kText},       Column{"fingerprint", kText},
    Column{"constraints", kText},   Column{"rule", kBytes},      Column{"approvals", kText},
    Column{"created_at", kInteger}, Column{"ended_at", kInteger}};

constexpr std::string_view kProducers = R"sql(
  SELECT tenant, id, next, missing, last_seen_at, principal
    FROM producers
   ORDER BY tenant, id)sql";
constexpr std::array kProducerColumns = {
    Column{"tenant", kInteger},       Column{"id", kText},
    Column{"next", kInteger},         Column{"missing", kInteger},
    Column{"last_seen_at", kInteger}, Column{"principal", kBytes}};

constexpr std::string_view kProducerGaps = R"sql(
  SELECT tenant, producer, first, last
    FROM producer_gaps
   ORDER BY tenant, producer, first)sql";
constexpr std::array kProducerGapColumns = {Column{"tenant", kInteger}, Column{"producer", kText},
                                            Column{"first", kInteger}, Column{"last", kInteger}};

constexpr std::string_view kObligations = R"sql(
  SELECT tenant, id, type, target_type, target_id, actor_type, actor_id, correlation_id,
         opened_at, due_at, closed_at, closed_by, outcome
    FROM obligations
   ORDER BY tenant, id)sql";
constexpr std::array kObligationColumns = {
    Column{"tenant", kInteger},    Column{"id", kBytes},
    Column{"type", kText},         Column{"target_type", kText},
    Column{"target_id", kText},    Column{"actor_type", kText},
    Column{"actor_id", kText},     Column{"correlation_id", kText},
    Column{"opened_at", kInteger}, Column{"due_at", kInteger},
    Column{"closed_at", kInteger}, Column{"closed_by", kBytes},
    Column{"outcome", kText}};

constexpr std::array kTables = {
    StateTable{"tenants", kTenants, kTenantColumns, 1, "DELETE FROM tenants"},
    StateTable{"log_keys", kLogKeys, kLogKeyColumns, 2, "DELETE FROM log_keys"},
    StateTable{"principals", kPrincipals, kPrincipalColumns, 2, "DELETE FROM principals"},
    StateTable{"keys", kKeys, kKeyColumns, 2, "DELETE FROM keys"},
    StateTable{"policies", kPolicies, kPolicyColumns, 2, "DELETE FROM policies"},
    StateTable{"approvals", kApprovals, kApprovalColumns, 2, "DELETE FROM approvals"},
    StateTable{"deduplications", kDeduplications, kDeduplicationColumns, 2,
               "DELETE FROM deduplications"},
    StateTable{"votes", kVotes, kVoteColumns, 3, "DELETE FROM votes"},
    StateTable{"evidence", kEvidence, kEvidenceColumns, 2, "DELETE FROM evidence"},
    StateTable{"grants", kGrants, kGrantColumns, 2, "DELETE FROM grants"},
    StateTable{"plans", kPlans, kPlanColumns, 2, "DELETE FROM plans"},
    StateTable{"plan_comparisons", kPlanComparisons, kPlanComparisonColumns, 3,
               "DELETE FROM plan_comparisons"},
    StateTable{"executions", kExecutions, kExecutionColumns, 2, "DELETE FROM executions"},
    StateTable{"escalations", kEscalations, kEscalationColumns, 2, "DELETE FROM escalations"},
    StateTable{"rules", kRules, kRuleColumns, 2, "DELETE FROM rules"},
    StateTable{"likes", kLikes, kLikeColumns, 2, "DELETE FROM likes"},
    StateTable{"suggestions", kSuggestions, kSuggestionColumns, 2, "DELETE FROM suggestions"},
    StateTable{"kill_switches", kKillSwitches, kKillSwitchColumns, 2, "DELETE FROM kill_switches"},
    StateTable{"producers", kProducers, kProducerColumns, 2, "DELETE FROM producers"},
    StateTable{"producer_gaps", kProducerGaps, kProducerGapColumns, 3, "DELETE FROM producer_gaps"},
    StateTable{"obligations", kObligations, kObligationColumns, 2, "DELETE FROM obligations"},
};

}  // namespace

std::span<const StateTable> state_tables() {
  return kTables;
}

}  // namespace assent::store
