// Grants and executions: what may start, and what an outcome makes of the approval.
#include "domain/approval.h"

namespace assent {
namespace {

// A grant is used once, and the attempts after a definite failure share that one use. Whatever
// may have had its effect, or part of it, is never tried again by itself.
bool may_try_again(const Approval& approval, const std::optional<Execution>& latest) {
  return latest && latest->state == ExecutionState::failure &&
         latest->attempt < approval.max_attempts;
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
    const bool may_start =
        approval.status == Status::approved && is_in_time && may_try_again(approval, latest);
    return may_start ? std::nullopt : std::optional(GrantRefusal::already_consumed);
  }
  // An approval that ended unused (abandoned) took its right to run with it.
  const bool has_ended = grant.expired_at || approval.status != Status::approved;
  if (has_ended || !is_in_time) return GrantRefusal::expired;
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
