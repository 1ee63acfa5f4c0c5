#include "domain/approval.h"

#include "base/canonical.h"

#include <algorithm>

namespace assent {
namespace {

// Whether this principal may vote, whatever state the approval is in.
std::optional<Refusal> refuse_voter(const Approval& approval, const Principal& by) {
  if (!is_eligible(approval, {by.id, by.roles})) return Refusal::forbidden;
  if (by.type != PrincipalType::human) return Refusal::human_actor_required;
  if (!approval.allows_self_approval && is_own(approval, by.id)) {
    return Refusal::self_approval;
  }
  return std::nullopt;
}

// The glass is for an emergency, not for oneself: whoever asked or planned still needs somebody
// else.
std::optional<Refusal> refuse_breaker(const Approval& approval, const Decision& decision) {
  const Principal& by = *decision.by;
  const auto& roles = decision.break_glass_roles;
  if (std::none_of(roles.begin(), roles.end(), [&by](Role role) { return by.has(role); })) {
    return Refusal::forbidden;
  }
  if (by.type != PrincipalType::human) return Refusal::human_actor_required;
  if (!approval.allows_self_approval && is_own(approval, by.id)) {
    return Refusal::self_approval;
  }
  return std::nullopt;
}

// Whether this principal may make such a decision at all, whatever state the approval is in.
std::optional<Refusal> refuse_principal(const Approval& approval, const Decision& decision) {
  const Principal& by = *decision.by;
  if (by.has(Role::operator_)) return Refusal::forbidden;  // They run the system; they don't rule.
  switch (decision.verdict) {
    case Verdict::cancel:
      return is_requester(approval, by.id) ? std::nullopt : std::optional(Refusal::forbidden);
    case Verdict::abandon:
      // Giving up what one asked for needs nobody's leave.
      return is_requester(approval, by.id) ? std::nullopt : refuse_voter(approval, by);
    case Verdict::break_glass:
      return refuse_breaker(approval, decision);
    case Verdict::approve:
    case Verdict::reject:
    case Verdict::edit:
    case Verdict::defer:
      return refuse_voter(approval, by);
  }
  return Refusal::forbidden;
}

std::optional<Refusal> refuse_state(const Approval& approval, const Decision& decision) {
  if (decision.verdict == Verdict::abandon) {
    const bool is_unused = approval.status == Status::approved && !decision.has_started;
    return is_unused ? std::nullopt : std::optional(Refusal::invalid_state);
  }
  if (approval.status != Status::pending && approval.status != Status::expired) {
    return Refusal::invalid_state;
  }
  if (approval.status == Status::expired || is_overdue(approval, decision.at)) {
    return Refusal::expired;
  }
  if (decision.verdict == Verdict::defer && approval.defers >= approval.max_defers) {
    return Refusal::invalid_state;
  }
  return std::nullopt;
}

bool has_voted(std::span<const Vote> votes, const PrincipalId& by) {
  return std::any_of(votes.begin(), votes.end(), [&by](const Vote& vote) { return vote.by == by; });
}

Json state_details(const Approval& approval, const Decision& decision) {
  Json details = Json::object({{"currentStatus", word(approval.status)}});
  if (decision.verdict == Verdict::defer && approval.status == Status::pending) {
    details.set("defers", approval.defers).set("maxDefers", approval.max_defers);
  }
  if (decision.verdict == Verdict::abandon && approval.status == Status::approved) {
    details.set("hasStarted", decision.has_started);
  }
  return details;
}

// Which roles or people it would have taken.
Json missing_role(const Approval& approval, const Decision& decision) {
  if (decision.verdict == Verdict::cancel) return Json::object();  // None would help.
  if (decision.verdict == Verdict::break_glass) {
    Json roles = Json::array();
    for (const Role role : decision.break_glass_roles) roles.push(word(role));
    return Json::object({{"required", std::move(roles)}});
  }
  Json details = Json::object({{"required", to_json(approval.quorum)}});
  Json further = Json::array();
  for (const Quorum& quorum : approval.further_quorums) further.push(to_json(quorum));
  if (!further.items().empty()) details.set("alsoRequired", std::move(further));
  return details;
}

}  // namespace

void tighten(Approval& approval, const Policy& policy, const PolicyEntry& entry) {
  approval.evidence_policy = stricter_of(approval.evidence_policy, entry.evidence);
  approval.risk_tier = std::max(approval.risk_tier, entry.risk_tier);
  approval.max_attempts = std::min(approval.max_attempts, entry.max_attempts);
  approval.grant_ttl_seconds =
      std::min<std::int64_t>(approval.grant_ttl_seconds, entry.grant_expires_after.count());
  approval.allows_self_approval = approval.allows_self_approval && policy.allows_self_approval;
  auto& further = approval.further_quorums;
  const bool asks_nobody_else =
      entry.decision == PolicyDecision::allow || entry.quorum == approval.quorum ||
      std::find(further.begin(), further.end(), entry.quorum) != further.end();
  if (!asks_nobody_else) further.push_back(entry.quorum);
}

QuorumProgress evaluate(const Approval& approval, std::span<const Vote> votes) {
  QuorumProgress farthest = evaluate(approval.quorum, votes);
  for (const Quorum& quorum : approval.further_quorums) {
    const QuorumProgress progress = evaluate(quorum, votes);
    if (progress.need - progress.have > farthest.need - farthest.have) farthest = progress;
  }
  return farthest;
}

bool is_eligible(const Approval& approval, const Vote& voter) {
  return is_eligible(approval.quorum, voter) ||
         std::any_of(approval.further_quorums.begin(), approval.further_quorums.end(),
                     [&voter](const Quorum& quorum) { return is_eligible(quorum, voter); });
}

bool can_be_met(const Approval& approval, std::span<const Vote> votes,
                std::span<const Vote> others) {
  return can_be_met(approval.quorum, votes, others) &&
         std::all_of(approval.further_quorums.begin(), approval.further_quorums.end(),
                     [&](const Quorum& quorum) { return can_be_met(quorum, votes, others); });
}

bool is_requester(const Approval& approval, const PrincipalId& by) {
  return by == approval.requested_by || by == approval.requester_owner;
}

bool is_own(const Approval& approval, const PrincipalId& by) {
  return is_requester(approval, by) || by == approval.planned_by || by == approval.planner_owner;
}

// The order is the policy: who may, then whether it is possible, then on which evidence.
std::optional<Refusal> refuse(const Approval& approval, const Decision& decision,
                              std::span<const Vote> votes, const EvidenceCheck& evidence) {
  if (const auto refusal = refuse_principal(approval, decision)) return refusal;
  if (const auto refusal = refuse_state(approval, decision)) return refusal;
  if (decision.content_hash && *decision.content_hash != approval.content_hash) {
    return Refusal::content_changed;
  }
  switch (decision.verdict) {
    case Verdict::cancel:
    case Verdict::defer:
    case Verdict::abandon:
      return std::nullopt;  // No vote, so never a second one.
    case Verdict::break_glass:
      // Instead of votes and evidence, which is what makes it one; a kill switch is not broken.
      return decision.is_stopped ? std::optional(Refusal::kill_switch) : std::nullopt;
    case Verdict::reject:  // A "no" needs no evidence.
      return has_voted(votes, decision.by->id) ? std::optional(Refusal::already_voted)
                                               : std::nullopt;
    case Verdict::approve:
      if (has_voted(votes, decision.by->id)) return Refusal::already_voted;
      break;
    case Verdict::edit:  // An earlier vote was for other content, and falls with it.
      break;
  }
  if (decision.is_stopped) return Refusal::kill_switch;
  return refuse_evidence(approval.evidence_policy, evidence);
}

Json refusal_details(Refusal refusal, const Approval& approval, const Decision& decision,
                     const EvidenceCheck& evidence) {
  switch (refusal) {
    case Refusal::forbidden:
      return missing_role(approval, decision);
    case Refusal::human_actor_required:
      return Json::object({{"actorType", word(decision.by->type)}});
    case Refusal::invalid_state:
      return state_details(approval, decision);
    case Refusal::expired:
      return Json::object({{"expiresAt", to_rfc3339(approval.expires_at)}});
    case Refusal::content_changed:
      return Json::object({{"expected", approval.content_hash},
                           {"presented", decision.content_hash.value_or(std::string())}});
    case Refusal::evidence_required:
    case Refusal::evidence_stale:
      return evidence_details(refusal, approval.evidence_policy, evidence);
    case Refusal::self_approval:
    case Refusal::already_voted:
    case Refusal::step_up_required:
    case Refusal::kill_switch:
      return Json::object();
  }
  return Json::object();
}

bool is_overdue(const Approval& approval, Timestamp now) {
  return approval.status == Status::pending && now > approval.expires_at;
}

std::string tool_call_hash(std::string_view tool, const Json& arguments) {
  const Json subject =
      Json::object({{"arguments", arguments}, {"kind", word(Kind::tool_call)}, {"tool", tool}});
  return content_hash_text(sha256(canonical_json(subject)));
}

std::string content_hash_of(const ContentSubject& subject) {
  Json hashed = Json::object({{"kind", word(Kind::content)}});
  hashed.set_if("content", subject.content)
      .set_if("description", subject.description)
      .set_if("title", subject.title)
      .set_if("type", subject.type);
  return content_hash_text(sha256(canonical_json(hashed)));
}

}  // namespace assent
