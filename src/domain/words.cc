#include "domain/words.h"

#include <array>

namespace assent {
namespace {

using Word = std::string_view;

// Each in the order of its enumeration; words_test.cc holds every one to the enumerator's name.
constexpr std::array<Word, 3> kPrincipalTypes = {"human", "agent", "service"};
constexpr std::array<Word, 6> kActorTypes = {"human",  "agent", "service",
                                             "system", "rule",  "webhook"};
constexpr std::array<Word, 7> kRoles = {"agent",        "requester", "approver", "auditor",
                                        "policy_admin", "admin",     "operator"};
constexpr std::array<Word, 3> kKinds = {"tool_call", "content", "plan"};
constexpr std::array<Word, 8> kStatuses = {"pending",   "approved", "rejected",  "expired",
                                           "cancelled", "executed", "abandoned", "unknown"};
constexpr std::array<Word, 5> kRiskTiers = {"none", "low", "medium", "high", "critical"};
constexpr std::array<Word, 3> kPolicyDecisions = {"allow", "human", "reject"};
constexpr std::array<Word, 7> kVerdicts = {"approve", "reject",  "cancel",     "edit",
                                           "defer",   "abandon", "break_glass"};
constexpr std::array<Word, 5> kEvidenceTypes = {"file", "url", "text", "hash", "entity"};
constexpr std::array<Word, 2> kGrantForms = {"identity", "token"};
constexpr std::array<Word, 5> kExecutionStates = {"started", "success", "failure", "partial",
                                                  "unknown"};
constexpr std::array<Word, 4> kEmitOutcomes = {"success", "failure", "partial", "pending"};
constexpr std::array<Word, 3> kProofDemands = {"none", "required", "verified"};
constexpr std::array<Word, 5> kProofTypes = {"screenshot", "api_response", "hash", "url", "none"};
constexpr std::array<Word, 4> kPriorities = {"low", "medium", "high", "critical"};
constexpr std::array<Word, 2> kRotationReasons = {"scheduled", "compromised"};
constexpr std::array<Word, 11> kRefusals = {
    "forbidden",   "human_actor_required", "self_approval",  "invalid_state",
    "expired",     "content_changed",      "already_voted",  "step_up_required",
    "kill_switch", "evidence_required",    "evidence_stale",
};
constexpr std::array<Word, 13> kGrantRefusals = {
    "token_not_found", "tenant_mismatch", "ir_hash_mismatch", "already_consumed", "expired",
    "kill_switch",     "policy_denied",   "not_validated",    "plan_rejected",    "not_approved",
    "not_consumed",    "diff_missing",    "diff_failed"};

}  // namespace

template <>
std::span<const Word> words<PrincipalType>() {
  return kPrincipalTypes;
}
template <>
std::span<const Word> words<ActorType>() {
  return kActorTypes;
}
template <>
std::span<const Word> words<Role>() {
  return kRoles;
}
template <>
std::span<const Word> words<Kind>() {
  return kKinds;
}
template <>
std::span<const Word> words<Status>() {
  return kStatuses;
}
template <>
std::span<const Word> words<RiskTier>() {
  return kRiskTiers;
}
template <>
std::span<const Word> words<PolicyDecision>() {
  return kPolicyDecisions;
}
template <>
std::span<const Word> words<Verdict>() {
  return kVerdicts;
}
template <>
std::span<const Word> words<EvidenceType>() {
  return kEvidenceTypes;
}
template <>
std::span<const Word> words<GrantForm>() {
  return kGrantForms;
}
template <>
std::span<const Word> words<ExecutionState>() {
  return kExecutionStates;
}
template <>
std::span<const Word> words<EmitOutcome>() {
  return kEmitOutcomes;
}
template <>
std::span<const Word> words<RotationReason>() {
  return kRotationReasons;
}
template <>
std::span<const Word> words<ProofDemand>() {
  return kProofDemands;
}
template <>
std::span<const Word> words<ProofType>() {
  return kProofTypes;
}
template <>
std::span<const Word> words<Priority>() {
  return kPriorities;
}
template <>
std::span<const Word> words<Refusal>() {
  return kRefusals;
}
template <>
std::span<const Word> words<GrantRefusal>() {
  return kGrantRefusals;
}

}  // namespace assent
