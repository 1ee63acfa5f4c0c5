// The closed vocabularies of the domain. Every enumerator is spelt as on the wire, in SQL and in
// the log; `word()` and `from_word<>()` are the only translation. Pure values.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace assent {

enum class PrincipalType { human, agent, service };
// Who an event's actor is: a principal's type, or one of the three that nobody logs in as.
enum class ActorType { human, agent, service, system, rule, webhook };
enum class Role { agent, requester, approver, auditor, policy_admin, admin, operator_ };
enum class Kind { tool_call, content, plan };
enum class Status { pending, approved, rejected, expired, cancelled, executed, abandoned, unknown };
// One ordinal scale: none 0 … critical 4.
enum class RiskTier { none, low, medium, high, critical };
enum class PolicyDecision { allow, human, reject };
enum class Verdict { approve, reject, cancel, edit, defer, abandon, break_glass };
enum class EvidenceType { file, url, text, hash, entity };
enum class GrantForm { identity, token };
enum class ExecutionState { started, success, failure, partial, unknown };
enum class EmitOutcome { success, failure, partial, pending };
enum class RotationReason { scheduled, compromised };
// What the policy demands of an emitted success: no proof, one, or one whose bytes are pinned.
enum class ProofDemand { none, required, verified };
// What a proof of an emitted event is.
enum class ProofType { screenshot, api_response, hash, url, none };
enum class Priority { low, medium, high, critical };

// Why the rules say no to a decision, in the order in which they are tested (EVENTS.md).
enum class Refusal {
  forbidden,
  human_actor_required,
  self_approval,
  invalid_state,
  expired,
  content_changed,
  already_voted,
  step_up_required,
  kill_switch,
  evidence_required,
  evidence_stale,
};
// Why a presented grant is refused (EVENTS.md, grant.refused).
enum class GrantRefusal {
  token_not_found,
  tenant_mismatch,
  ir_hash_mismatch,
  already_consumed,
  expired,
  kill_switch,    // Engaged since the decision.
  policy_denied,  // The policy in force refuses this content by now.
  // What else a plan lacks that is about to run.
  not_validated,
  plan_rejected,
  not_approved,
  not_consumed,  // Its token was not presented.
  diff_missing,
  diff_failed,
};

// All words of an enumeration, indexed by enumerator.
template <class E>
std::span<const std::string_view> words();
template <>
std::span<const std::string_view> words<PrincipalType>();
template <>
std::span<const std::string_view> words<ActorType>();
template <>
std::span<const std::string_view> words<Role>();
template <>
std::span<const std::string_view> words<Kind>();
template <>
std::span<const std::string_view> words<Status>();
template <>
std::span<const std::string_view> words<RiskTier>();
template <>
std::span<const std::string_view> words<PolicyDecision>();
template <>
std::span<const std::string_view> words<Verdict>();
template <>
std::span<const std::string_view> words<EvidenceType>();
template <>
std::span<const std::string_view> words<GrantForm>();
template <>
std::span<const std::string_view> words<ExecutionState>();
template <>
std::span<const std::string_view> words<EmitOutcome>();
template <>
std::span<const std::string_view> words<RotationReason>();
template <>
std::span<const std::string_view> words<ProofDemand>();
template <>
std::span<const std::string_view> words<ProofType>();
template <>
std::span<const std::string_view> words<Priority>();
template <>
std::span<const std::string_view> words<Refusal>();
template <>
std::span<const std::string_view> words<GrantRefusal>();

template <class E>
std::string_view word(E value) {
  return words<E>()[static_cast<std::size_t>(value)];
}

template <class E>
std::optional<E> from_word(std::string_view text) {
  const auto all = words<E>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == text) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace assent
