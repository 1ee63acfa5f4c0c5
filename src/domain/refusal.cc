#include "domain/refusal.h"

namespace assent {
namespace {

struct Text {
  std::string_view code;
  std::string_view message;
};

Text text_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::forbidden:
      return {"INSUFFICIENT_PERMISSIONS", "None of your roles may make this decision."};
    case Refusal::human_actor_required:
      return {"HUMAN_ACTOR_REQUIRED", "Only a human may make this decision."};
    case Refusal::self_approval:
      return {
          "SELF_APPROVAL_FORBIDDEN",
          "Who asked for it or planned it, and the human behind that agent, may not decide it."};
    case Refusal::invalid_state:
      return {"INVALID_STATE", "The approval is not in a state that allows this."};
    case Refusal::expired:
      return {"EXPIRED", "The deadline of the approval has passed."};
    case Refusal::content_changed:
      return {"CONTENT_CHANGED", "The content hash presented is not that of the approval."};
    case Refusal::already_voted:
      return {"ALREADY_VOTED", "You have already voted on this approval."};
    case Refusal::step_up_required:
      return {"STEP_UP_REQUIRED", "This decision needs a stronger authentication."};
    case Refusal::kill_switch:
      return {"KILL_SWITCH", "A kill switch is engaged."};
    case Refusal::evidence_required:
      return {"EVIDENCE_REQUIRED", "Evidence is required before this can be approved."};
    case Refusal::evidence_stale:
      return {"EVIDENCE_STALE", "The newest evidence is older than the policy allows."};
  }
  return {};
}

// A token of nobody and a token of another tenant look the same from outside: whether a
// stranger's token exists is none of the caller's business.
Text text_of(GrantRefusal refusal) {
  switch (refusal) {
    case GrantRefusal::token_not_found:
    case GrantRefusal::tenant_mismatch:
      return {"NOT_FOUND", "There is no such grant."};
    case GrantRefusal::ir_hash_mismatch:
      return {"CONTENT_CHANGED", "The grant is for another content than the one presented."};
    case GrantRefusal::already_consumed:
      return {"ALREADY_CONSUMED", "The grant has been used."};
    case GrantRefusal::expired:
      return {"EXPIRED", "The grant has expired."};
    case GrantRefusal::kill_switch:
      return {"KILL_SWITCH", "A kill switch is engaged."};
    case GrantRefusal::policy_denied:
      return {"INVALID_STATE", "The policy in force refuses this by now."};
    case GrantRefusal::not_validated:
      return {"INVALID_STATE", "No plan with this hash has been validated."};
    case GrantRefusal::plan_rejected:
      return {"INVALID_STATE", "The plan was rejected; no approval can lift that."};
    case GrantRefusal::not_approved:
      return {"INVALID_STATE", "The plan needs an approval and has none that may be used."};
    case GrantRefusal::not_consumed:
      return {"INVALID_STATE", "The token of the grant has not been presented."};
    case GrantRefusal::diff_missing:
      return {"INVALID_STATE", "What will run has not been compared with the plan."};
    case GrantRefusal::diff_failed:
      return {"INVALID_STATE", "What will run is not the plan."};
  }
  return {};
}

}  // namespace

std::string_view refusal_code(Refusal refusal) {
  return text_of(refusal).code;
}
std::string_view refusal_message(Refusal refusal) {
  return text_of(refusal).message;
}
std::string_view refusal_code(GrantRefusal refusal) {
  return text_of(refusal).code;
}
std::string_view refusal_message(GrantRefusal refusal) {
  return text_of(refusal).message;
}

Refused refused_as(Refusal refusal, Json details) {
  return {.code = std::string(refusal_code(refusal)),
          .message = std::string(refusal_message(refusal)),
          .details = std::move(details)};
}

std::string blocked_event(Refusal refusal) {
  return "approval.blocked." + std::string(word(refusal));
}

}  // namespace assent
