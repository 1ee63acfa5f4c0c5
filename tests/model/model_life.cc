// What people make of an approval, and what becomes of it.
#include "people.h"

#include <algorithm>

namespace assent::model {

// ---- decisions ----

// The terms that an approval was bound to, and those of the policy by now: both count.
Model::Requirement Model::in_force(const Approval& approval) const {
  Requirement both = approval.bound;
  const Requirement now = answer(approval.tool);
  if (now.decision == "reject") return both;
  if (now.decision != "allow") both.seats = std::max(both.seats, now.seats);
  both.needs_evidence = both.needs_evidence || now.needs_evidence;
  if (now.ttl) both.ttl = std::min(*now.ttl, both.ttl.value_or(*now.ttl));
  return both;
}

bool Model::is_reasoned(const Command& command) const {
  const bool must =
      command.verb == Verb::reject || command.verb == Verb::cancel || command.verb == Verb::abandon;
  return command.has_reason || !must;
}

bool Model::may_at_all(const Command& command, const Approval& approval, std::string& why) const {
  const bool asked = is_requester(command.by, approval.by);
  if (command.by == admin) {  // The first admin is an operator too, and operators never decide.
    why = "INSUFFICIENT_PERMISSIONS";
  } else if (command.verb == Verb::cancel) {
    if (!asked) why = "INSUFFICIENT_PERMISSIONS";
  } else if (command.verb == Verb::abandon && asked) {
    return true;
  } else if (!is_approver(command.by)) {
    why = "INSUFFICIENT_PERMISSIONS";
  } else if (!is_human(command.by)) {
    why = "HUMAN_ACTOR_REQUIRED";
  } else if (asked) {
    why = "SELF_APPROVAL_FORBIDDEN";
  }
  return why.empty();
}

Model::Evidence Model::evidence(std::size_t index) const {
  std::optional<Micros> newest;
  for (const Item& item : items_) {
    if (item.approval != index || item.is_withdrawn) continue;
    newest = std::max(newest.value_or(item.captured_at), item.captured_at);
  }
  const Requirement terms = in_force(approvals_[index]);
  if (!newest) return terms.needs_evidence ? Evidence::missing : Evidence::fine;
  // Stale blocks even what needs none: somebody relied on it.
  if (terms.ttl && now_ - *newest > *terms.ttl) return Evidence::stale;
  return Evidence::fine;
}

std::string Model::state_refusal(const Command& command, const Approval& approval) const {
  if (command.verb == Verb::abandon) {
    return approval.status == "approved" && !latest(command.subject) ? "" : "INVALID_STATE";
  }
  if (approval.status == "expired") return "EXPIRED";
  if (approval.status != "pending") return "INVALID_STATE";
  if (command.verb == Verb::defer && approval.defers >= 3) return "INVALID_STATE";
  return {};
}

std::string Model::refusal(const Command& command, const Approval& approval) const {
  std::string why;
  if (!may_at_all(command, approval, why)) return why;
  if (why = state_refusal(command, approval); !why.empty()) return why;
  if (command.seen == Seen::stale) return "CONTENT_CHANGED";
  const Verb verb = command.verb;
  if (verb == Verb::cancel || verb == Verb::defer || verb == Verb::abandon) return {};
  const bool voted = std::ranges::find(approval.votes, command.by) != approval.votes.end();
  if (voted && verb != Verb::edit) return "ALREADY_VOTED";
  if (verb == Verb::reject) return {};
  if (is_stopped(approval.tool)) return "KILL_SWITCH";
  switch (evidence(command.subject)) {
    case Evidence::missing:
      return "EVIDENCE_REQUIRED";
    case Evidence::stale:
      return "EVIDENCE_STALE";
    case Evidence::fine:
      break;
  }
  return {};
}

// What the policy refuses by now is over, whoever comes by first.
void Model::end_if_denied(std::size_t index) {
  Approval& approval = approvals_[index];
  if (approval.status != "pending" || answer(approval.tool).decision != "reject") return;
  approval.status = "rejected";
  record("approval.rejected", index);
}

Answer Model::decide(const Command& command) {
  if (!is_reasoned(command)) return {.outcome = "validation_error"};
  if (command.verb == Verb::defer && command.choice > 2) return {.outcome = "unprocessable"};
  if (command.verb == Verb::edit && command.seen == Seen::nothing) {
    return {.outcome = "precondition_required"};
  }
  const Model before = *this;  // An Error leaves no trace.
  expire(command.subject);
  end_if_denied(command.subject);
  record("approval.attempted", command.subject);
  if (std::string why = refusal(command, approvals_[command.subject]); !why.empty()) {
    record("blocked " + why, command.subject);
    return {.outcome = std::move(why)};
  }
  Answer answer = effect(command);
  if (answer.outcome != "ok") *this = before;
  return answer;
}

Answer Model::effect(const Command& command) {
  Approval& approval = approvals_[command.subject];
  switch (command.verb) {
    case Verb::cancel:
      approval.status = "cancelled";
      record("approval.cancelled", command.subject);
      break;
    case Verb::reject:
      approval.status = "rejected";
      record("approval.rejected", command.subject);
      break;
    case Verb::abandon:
      approval.status = "abandoned";
      approval.is_grant_expired = true;
      record("approval.abandoned", command.subject);
      break;
    case Verb::defer:
      approval.expires_at += kHours[command.choice] * kHour;
      ++approval.defers;
      record("approval.deferred", command.subject);
      break;
    case Verb::edit:
      return edit(command);
    default:
      return vote(command);
  }
  return {.status = approval.status};
}

// New content, bound to what is asked of it by now; earlier votes were for other content.
Answer Model::edit(const Command& command) {
  Approval& approval = approvals_[command.subject];
  if (approval.path == command.path) return {.outcome = "unprocessable"};
  approval.bound = in_force(approval);
  approval.path = command.path;
  approval.votes.clear();
  return vote(command);
}

Answer Model::vote(const Command& command) {
  Approval& approval = approvals_[command.subject];
  approval.votes.push_back(command.by);
  if (approval.votes.size() < in_force(approval).seats) {
    record("approval.recorded", command.subject);
  } else {
    record("approval.succeeded", command.subject);
    record("grant.issued", command.subject);
    grant(approval);
  }
  return {.status = approval.status};
}

Answer Model::attach(const Command& command) {
  if (!may_ask(command.by)) return {.outcome = "insufficient_permissions"};
  if (status_of(command.subject) != "pending") return {.outcome = "invalid_state"};
  items_.push_back({.approval = command.subject,
                    .by = command.by,
                    .captured_at = now_ - static_cast<Micros>(command.choice) * 20 * kSecond});
  record("evidence.attached", command.subject);
  return {.made = items_.size() - 1};
}

Answer Model::withdraw(const Command& command) {
  if (!may_ask(command.by)) return {.outcome = "insufficient_permissions"};
  Item& item = items_[command.subject];
  if (status_of(item.approval) != "pending") return {.outcome = "invalid_state"};
  if (item.is_withdrawn) return {.outcome = "invalid_state"};
  item.is_withdrawn = true;
  record("evidence.withdrawn", item.approval);
  return {};
}

// ---- executions ----

std::optional<std::size_t> Model::latest(std::size_t approval) const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < executions_.size(); ++i) {
    if (executions_[i].approval == approval) found = i;
  }
  return found;
}

Answer Model::start(const Command& command) {
  Approval& approval = approvals_[command.subject];
  if (!may_ask(command.by)) return {.outcome = "insufficient_permissions"};
  if (command.by != approval.by) return {.outcome = "insufficient_permissions"};
  if (!approval.has_grant) return {.outcome = "invalid_state"};
  std::string why;
  const auto last = latest(command.subject);
  const bool is_late = now_ > approval.grant_expires_at;
  if (command.seen == Seen::stale) {
    why = "CONTENT_CHANGED";
  } else {
    if (last) lapse(*last);
    if (approval.is_consumed) {
      const bool may_retry = approval.status == "approved" && !is_late && last &&
                             executions_[*last].state == "failure" &&
                             executions_[*last].attempt < kAttemptsMax;
      if (!may_retry) why = "ALREADY_CONSUMED";
    } else if (is_late || approval.is_grant_expired || approval.status != "approved") {
      why = "EXPIRED";
      expire_grant(command.subject);
    }
    if (why.empty() && is_stopped(approval.tool)) why = "KILL_SWITCH";
    if (why.empty() && answer(approval.tool).decision == "reject") why = "INVALID_STATE";
  }
  if (!why.empty()) {
    record("grant.refused", command.subject);
    return {.outcome = why};
  }
  if (!approval.is_consumed) record("grant.consumed", command.subject);
  approval.is_consumed = true;
  executions_.push_back({.approval = command.subject,
                         .by = command.by,
                         .attempt = last ? executions_[*last].attempt + 1 : 1,
                         .lease_expires_at = now_ + kHour});
  record("execution.started", command.subject);
  return {.made = executions_.size() - 1};
}

// Success, failure, partial or unknown, whoever says so.
void Model::end_execution(std::size_t index, std::size_t outcome) {
  static constexpr std::array<std::string_view, 4> kStates = {"success", "failure", "partial",
                                                              "unknown"};
  static constexpr std::array<std::string_view, 4> kAfter = {"executed", "approved", "executed",
                                                             "unknown"};
  Execution& execution = executions_[index];
  execution.state = kStates[outcome];
  approvals_[execution.approval].status = kAfter[outcome];
  if (outcome == 1 && execution.attempt == kAttemptsMax) {
    record("escalation.triggered", execution.approval);
  }
}

Answer Model::complete(const Command& command) {
  if (!may_ask(command.by)) return {.outcome = "insufficient_permissions"};
  const Execution& execution = executions_[command.subject];
  if (command.by != execution.by) return {.outcome = "insufficient_permissions"};
  if (execution.state == "started" && now_ > execution.lease_expires_at) {
    lapse(command.subject);
    return {.outcome = "INVALID_STATE"};
  }
  if (execution.state != "started") return {.outcome = "invalid_state"};
  static constexpr std::array<std::string_view, 4> kTypes = {
      "execution.succeeded", "execution.failed", "execution.partial", "execution.unknown"};
  record(std::string(kTypes[command.choice]), execution.approval);
  end_execution(command.subject, command.choice);
  return {.status = approvals_[execution.approval].status};
}

Answer Model::resolve(const Command& command) {
  if (!may_ask(command.by)) return {.outcome = "insufficient_permissions"};
  if (!command.has_reason) return {.outcome = "validation_error"};
  const Execution& execution = executions_[command.subject];
  const bool is_starter = command.by == execution.by;
  const bool may = is_starter
                       ? command.is_verified
                       : is_human(command.by) && (is_approver(command.by) || command.by == admin);
  if (!may) return {.outcome = "insufficient_permissions"};
  lapse(command.subject);
  if (execution.state != "unknown") return {.outcome = "invalid_state"};
  record("execution.resolved", execution.approval);
  end_execution(command.subject, command.choice % 3);
  return {.status = approvals_[execution.approval].status};
}

// Everything whose time is up, the longest overdue first: approvals, grants, leases.
Answer Model::sweep() {
  const auto each_by = [](std::size_t count, auto deadline, auto act) {
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, deadline);
    for (const std::size_t i : order) act(i);
  };
  each_by(
      approvals_.size(), [this](std::size_t i) { return approvals_[i].expires_at; },
      [this](std::size_t i) { expire(i); });
  each_by(
      approvals_.size(), [this](std::size_t i) { return approvals_[i].grant_expires_at; },
      [this](std::size_t i) { expire_grant(i); });
  each_by(
      executions_.size(), [this](std::size_t i) { return executions_[i].lease_expires_at; },
      [this](std::size_t i) { lapse(i); });
  return {};
}

}  // namespace assent::model
