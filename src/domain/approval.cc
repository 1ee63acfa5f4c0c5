#include "domain/approval.h"

#include <algorithm>

namespace assent {
namespace {

// Whether the decider asked for this, or answers for the agent that did.
bool is_requester(const Approval& approval, const Principal& by) {
  return by.id == approval.requested_by || by.id == approval.requester_owner;
}

// Whether this principal may make such a decision at all, whatever state the approval is in.
std::optional<Refusal> refuse_principal(const Approval& approval, const Decision& decision) {
  const Principal& by = *decision.by;
  if (by.has(Role::operator_)) return Refusal::forbidden;  // They run the system; they don't rule.
  if (decision.verdict == Verdict::cancel) {
    return is_requester(approval, by) ? std::nullopt : std::optional(Refusal::forbidden);
  }
  if (!is_eligible(approval.quorum, {by.id, by.roles})) return Refusal::forbidden;
  if (by.type != PrincipalType::human) return Refusal::human_actor_required;
  if (!approval.allows_self_approval && is_requester(approval, by)) return Refusal::self_approval;
  return std::nullopt;
}

bool has_voted(std::span<const Vote> votes, const PrincipalId& by) {
  return std::any_of(votes.begin(), votes.end(), [&by](const Vote& vote) { return vote.by == by; });
}

}  // namespace

// The order is the policy: who may, then whether it is possible, then on which evidence.
std::optional<Refusal> refuse(const Approval& approval, const Decision& decision,
                              std::span<const Vote> votes, const EvidenceCheck& evidence) {
  if (const auto refusal = refuse_principal(approval, decision)) return refusal;

  if (approval.status != Status::pending && approval.status != Status::expired) {
    return Refusal::invalid_state;
  }
  if (approval.status == Status::expired || is_overdue(approval, decision.at)) {
    return Refusal::expired;
  }
  if (decision.content_hash && *decision.content_hash != approval.content_hash) {
    return Refusal::content_changed;
  }
  if (decision.verdict == Verdict::cancel) return std::nullopt;  // No vote, so never a second one.
  if (has_voted(votes, decision.by->id)) return Refusal::already_voted;
  if (decision.verdict == Verdict::reject) return std::nullopt;  // A "no" needs no evidence.
  if (decision.is_stopped) return Refusal::kill_switch;
  return refuse_evidence(approval.evidence_policy, evidence);
}

Json refusal_details(Refusal refusal, const Approval& approval, const Decision& decision,
                     const EvidenceCheck& evidence) {
  switch (refusal) {
    case Refusal::forbidden:
      if (decision.verdict == Verdict::cancel) return Json::object();
      return Json::object({{"required", to_json(approval.quorum)}});
    case Refusal::human_actor_required:
      return Json::object({{"actorType", word(decision.by->type)}});
    case Refusal::invalid_state:
      return Json::object({{"currentStatus", word(approval.status)}});
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
