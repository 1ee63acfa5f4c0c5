// Grants and executions: what may start, and what an outcome makes of the approval.
#include "base/canonical.h"
#include "domain/approval.h"

#include <algorithm>
#include <vector>

namespace assent {
namespace {

// A grant is used once, and the attempts after a definite failure share that one use. Whatever
// may have had its effect, or part of it, is never tried again by itself.
bool may_try_again(const Approval& approval, const std::optional<Execution>& latest) {
  return latest && latest->state == ExecutionState::failure &&
         latest->attempt < approval.max_attempts;
}

// Tools that have nothing to report often fill in an `error` that is empty.
bool says_something(const Json& error) {
  static const std::vector<std::string> kNothing = {"null", "false", "0", "\"\"", "[]", "{}"};
  return std::ranges::find(kNothing, canonical_json(error)) == kNothing.end();
}

}  // namespace

// A used grant stays used: it is never called expired, whatever the time (trap 2), and after the
// deadline it allows no further attempt either.
std::optional<GrantRefusal> refuse_start(const Approval& approval, const Grant& grant,
                                         const std::optional<Execution>& latest, Timestamp now) {
  if (grant.approval != approval.id) return GrantRefusal::token_not_found;
  if (grant.content_hash != approval.content_hash) return GrantRefusal::ir_hash_mismatch;
  const bool is_in_time = now <= grant.expires_at;
  if (grant.consumed_at) {
    const bool is_first = grant.form == GrantForm::token && !latest;
    const bool may_start = approval.status == Status::approved && is_in_time &&
                           (is_first || may_try_again(approval, latest));
    return may_start ? std::nullopt : std::optional(GrantRefusal::already_consumed);
  }
  // A token that nobody presented is worth nothing to whoever only knows of it.
  const bool waits_for_token = grant.form == GrantForm::token;
  // An approval that ended unused (abandoned) took its right to run with it.
  const bool has_ended = grant.expired_at || approval.status != Status::approved;
  if (has_ended || !is_in_time) return GrantRefusal::expired;
  if (waits_for_token) return GrantRefusal::not_consumed;
  return std::nullopt;
}

std::optional<GrantRefusal> refuse_token(const Approval& approval, const Grant& grant,
                                         std::string_view content_hash, Timestamp now) {
  if (grant.content_hash != content_hash) return GrantRefusal::ir_hash_mismatch;
  if (grant.consumed_at) return GrantRefusal::already_consumed;
  const bool has_ended = grant.expired_at || approval.status != Status::approved;
  if (has_ended || now > grant.expires_at) return GrantRefusal::expired;
  return std::nullopt;
}

bool is_lapsed(const Execution& execution, Timestamp now) {
  return execution.state == ExecutionState::started && now > execution.lease_expires_at;
}

bool is_exhausted(const Approval& approval, const Execution& execution) {
  return execution.state == ExecutionState::failure && execution.attempt >= approval.max_attempts;
}

std::optional<std::string> failure_told_by(const Json& result) {
  if (!result.is_object()) return std::nullopt;
  const Json* const error = result.find("error");
  if (error != nullptr && says_something(*error)) return "the result carries an error";
  const Json* const success = result.find("success");
  const bool denies = success != nullptr && success->is_bool() && !success->boolean();
  if (denies) return "the result says success: false";
  return std::nullopt;
}

std::optional<Status> status_after(ExecutionState outcome) {
  switch (outcome) {
    case ExecutionState::started:
    case ExecutionState::failure:
      return std::nullopt;
    case ExecutionState::success:
    case ExecutionState::partial:  // It had an effect and its outcome is known: final.
      return Status::executed;
    case ExecutionState::unknown:
      return Status::unknown;
  }
  return std::nullopt;
}

}  // namespace assent
