#include "model.h"

#include <algorithm>

namespace assent::model {
namespace {

constexpr Micros kHour = 3600 * kSecond;
constexpr Micros kDay = 24 * kHour;
constexpr std::size_t kAttemptsMax = 3;

bool is_human(Who who) {
  return who != robot && who != service;
}
bool is_approver(Who who) {
  return who == olga || who == ann || who == bob || who == pat || who == service;
}
// Whoever asks, and the human who answers for an agent that asks.
bool is_requester(Who who, Who requester) {
  return who == requester || (requester == robot && who == olga);
}
bool may_ask(Who who) {
  return who == robot || is_approver(who) || who == admin;
}

}  // namespace

// Each says something else of the same tools; what they leave out is a person under the defaults.
const std::array<std::string_view, 4> kPolicies = {
    R"(version: 1
defaults: {riskTier: high, expiresAfter: 48h, approvers: [{role: approver, count: 1}]}
tools:
  - {match: {tool: "*.low"}, riskTier: low}
  - {match: {tool: "*.two"}, riskTier: medium, approvers: [{role: approver, count: 2}]}
  - {match: {tool: "*.free"}, decision: allow, riskTier: low}
  - {match: {tool: "*.never"}, decision: reject}
  - {match: {tool: "*.evident"}, riskTier: medium, evidence: {required: true, ttlSeconds: 60}}
)",
    // Stricter: two for everything, evidence for what was free.
    R"(version: 1
defaults: {riskTier: high, expiresAfter: 48h, approvers: [{role: approver, count: 2}]}
tools:
  - {match: {tool: "*.low"}, riskTier: low}
  - {match: {tool: "*.two"}, riskTier: medium, approvers: [{role: approver, count: 3}]}
  - {match: {tool: "*.free"}, riskTier: low, approvers: [{role: approver}],
     evidence: {required: true}}
  - {match: {tool: "*.never"}, decision: reject}
  - {match: {tool: "*.evident"}, riskTier: medium, evidence: {required: true, ttlSeconds: 30}}
)",
    // A deny of what was open.
    R"(version: 1
defaults: {riskTier: high, expiresAfter: 48h, approvers: [{role: approver, count: 1}]}
tools:
  - {match: {tool: "*.low"}, decision: reject, riskTier: low}
  - {match: {tool: "*.two"}, riskTier: medium, approvers: [{role: approver, count: 2}]}
  - {match: {tool: "*.free"}, decision: allow, riskTier: low}
  - {match: {tool: "*.never"}, decision: reject}
  - {match: {tool: "*.evident"}, riskTier: medium, evidence: {required: true, ttlSeconds: 60}}
)",
    // Looser everywhere.
    R"(version: 1
defaults: {riskTier: high, expiresAfter: 48h, approvers: [{role: approver, count: 1}]}
tools:
  - {match: {tool: "*.low"}, decision: allow, riskTier: low}
  - {match: {tool: "*.free"}, decision: allow, riskTier: low}
)"};

Model::Requirement Model::answer(Tool tool) const {
  const bool is_strict = policy_ == 1;
  const bool is_loose = policy_ == 3;
  Requirement said{
      .decision = "human", .seats = is_strict ? 2u : 1u, .needs_evidence = false, .ttl = {}};
  switch (tool) {
    case low:
      if (policy_ == 2) said.decision = "reject";
      if (is_loose) said.decision = "allow";
      break;
    case two:
      if (!is_loose) said.seats = is_strict ? 3 : 2;
      break;
    case free_:
      said.decision = "allow";
      if (is_strict) said = {.decision = "human", .seats = 1, .needs_evidence = true, .ttl = {}};
      break;
    case never:
      if (!is_loose) said.decision = "reject";
      break;
    case evident:
      if (is_loose) break;
      said.needs_evidence = true;
      said.ttl = (is_strict ? 30 : 60) * kSecond;
      break;
    case other:
    case kToolCount:
      break;
  }
  return said;
}

void Model::begin() {
  approvals_.clear();
  items_.clear();
  executions_.clear();
  keys_ = {};
  facts_.clear();
}

Answer Model::apply(const Command& command) {
  now_ += 1;  // No two things at once: what has the same deadline may end in any order.
  switch (command.verb) {
    case Verb::request:
      return request(command);
    case Verb::approve:
    case Verb::reject:
    case Verb::cancel:
      return decide(command);
    case Verb::attach:
      return attach(command);
    case Verb::withdraw:
      return withdraw(command);
    case Verb::start:
      return start(command);
    case Verb::complete:
      return complete(command);
    case Verb::put_policy:
      if (command.choice == policy_) return {};  // The same document is no change.
      policy_ = command.choice;
      ++puts_;
      record("policy.changed", std::nullopt);
      return {};
    case Verb::sweep:
      return sweep();
    case Verb::wait:
      now_ += command.time;
      return {};
    case Verb::crash:
    case Verb::kCount:
      return {};
  }
  return {};
}

std::string to_text(const Command& command) {
  static constexpr std::array<std::string_view, kWhoCount> kWho = {
      "robot", "olga", "ann", "bob", "pat", "auditor", "service", "admin"};
  static constexpr std::array<std::string_view, static_cast<std::size_t>(Verb::kCount)> kVerbs = {
      "request", "approve",  "reject",     "cancel", "attach", "withdraw",
      "start",   "complete", "put_policy", "sweep",  "wait",   "crash"};
  std::string text(kVerbs[static_cast<std::size_t>(command.verb)]);
  text += " by " + std::string(kWho[command.by]) + " of " + std::to_string(command.subject);
  text += " tool " + std::string(kTools[command.tool]) + " path " + std::to_string(command.path);
  if (command.key) text += " key " + std::to_string(*command.key);
  if (command.wants_evidence) text += " with evidence";
  text += " seen " + std::to_string(static_cast<int>(command.seen));
  if (!command.has_reason) text += " without reason";
  text += " choice " + std::to_string(command.choice) + " time " + std::to_string(command.time);
  if (command.is_repeated) text += " twice";
  return text;
}

std::string Model::status_of(std::size_t index) const {
  const Approval& approval = approvals_[index];
  // Nobody is told `pending` past the deadline, recorded or not; equality is in time.
  if (approval.status == "pending" && now_ > approval.expires_at) return "expired";
  return approval.status;
}

void Model::expire(std::size_t index) {
  Approval& approval = approvals_[index];
  if (approval.status != "pending" || now_ <= approval.expires_at) return;
  approval.status = "expired";
  record("approval.expired", index);
}

void Model::expire_grant(std::size_t index) {
  Approval& approval = approvals_[index];
  if (!approval.has_grant || approval.is_consumed || approval.is_grant_expired) return;
  if (now_ <= approval.grant_expires_at) return;
  approval.is_grant_expired = true;
  record("grant.expired", index);
}

void Model::grant(Approval& approval) {
  approval.status = "approved";
  approval.has_grant = true;
  approval.grant_expires_at = now_ + kDay;
}

Answer Model::request(const Command& command) {
  if (!may_ask(command.by)) return {.outcome = "insufficient_permissions"};
  if (command.key && keys_[*command.key]) {
    const std::size_t earlier = *keys_[*command.key];
    const Approval& known = approvals_[earlier];
    const std::string status = status_of(earlier);
    if (status != "expired" && status != "cancelled" && status != "executed") {
      if (known.tool != command.tool || known.path != command.path || known.by != command.by) {
        return {.outcome = "idempotency_conflict"};
      }
      return {.made = earlier, .status = status};
    }
    expire(earlier);
  }
  Requirement said = answer(command.tool);
  said.needs_evidence = said.needs_evidence || command.wants_evidence;
  // Somebody has to look at the evidence.
  if (said.decision == "allow" && said.needs_evidence) said.decision = "human";
  const std::size_t made = approvals_.size();
  approvals_.push_back({.tool = command.tool,
                        .path = command.path,
                        .by = command.by,
                        .status = "pending",
                        .expires_at = now_ + (command.time > 0 ? command.time : 2 * kDay),
                        .needs_evidence = said.needs_evidence,
                        .ttl = said.ttl,
                        .seats = said.seats,
                        .policy = puts_,
                        .votes = {}});
  if (command.key) keys_[*command.key] = made;
  record("approval.requested", made);
  if (said.decision == "allow") {
    record("approval.auto_approved", made);
    grant(approvals_[made]);
  } else if (said.decision == "reject") {
    record("approval.rejected", made);
    approvals_[made].status = "rejected";
  }
  return {.made = made, .status = approvals_[made].status};
}

bool Model::is_reasoned(const Command& command) const {
  return command.has_reason || command.verb == Verb::approve;
}

bool Model::may_at_all(const Command& command, const Approval& approval, std::string& why) const {
  const bool asked = is_requester(command.by, approval.by);
  if (command.by == admin) {  // The first admin is an operator too, and operators never decide.
    why = "INSUFFICIENT_PERMISSIONS";
  } else if (command.verb == Verb::cancel) {
    if (!asked) why = "INSUFFICIENT_PERMISSIONS";
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
  const Approval& approval = approvals_[index];
  if (!newest) return approval.needs_evidence ? Evidence::missing : Evidence::fine;
  // Stale blocks even what needs none: somebody relied on it.
  if (approval.ttl && now_ - *newest > *approval.ttl) return Evidence::stale;
  return Evidence::fine;
}

std::string Model::refusal(const Command& command, const Approval& approval) const {
  std::string why;
  if (!may_at_all(command, approval, why)) return why;
  if (approval.status == "expired") return "EXPIRED";
  if (approval.status != "pending") return "INVALID_STATE";
  if (command.seen == Seen::stale) return "CONTENT_CHANGED";
  if (command.verb == Verb::cancel) return {};
  if (std::ranges::find(approval.votes, command.by) != approval.votes.end()) return "ALREADY_VOTED";
  if (command.verb == Verb::reject) return {};
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

Answer Model::decide(const Command& command) {
  if (!is_reasoned(command)) return {.outcome = "validation_error"};
  expire(command.subject);
  Approval& approval = approvals_[command.subject];
  record("approval.attempted", command.subject);
  if (std::string why = refusal(command, approval); !why.empty()) {
    record("blocked " + why, command.subject);
    return {.outcome = std::move(why)};
  }
  if (command.verb == Verb::cancel) {
    approval.status = "cancelled";
    record("approval.cancelled", command.subject);
  } else if (command.verb == Verb::reject) {
    approval.status = "rejected";
    record("approval.rejected", command.subject);
  } else {
    approval.votes.push_back(command.by);
    if (approval.votes.size() < approval.seats) {
      record("approval.recorded", command.subject);
    } else {
      record("approval.succeeded", command.subject);
      record("grant.issued", command.subject);
      grant(approval);
    }
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
  } else if (approval.is_consumed) {
    const bool may_retry = approval.status == "approved" && !is_late && last &&
                           executions_[*last].state == "failure" &&
                           executions_[*last].attempt < kAttemptsMax;
    if (!may_retry) why = "ALREADY_CONSUMED";
  } else if (is_late || approval.is_grant_expired || approval.status != "approved") {
    why = "EXPIRED";
    expire_grant(command.subject);
  }
  if (!why.empty()) {
    record("grant.refused", command.subject);
    return {.outcome = why};
  }
  if (!approval.is_consumed) record("grant.consumed", command.subject);
  approval.is_consumed = true;
  executions_.push_back({.approval = command.subject,
                         .by = command.by,
                         .attempt = last ? executions_[*last].attempt + 1 : 1});
  record("execution.started", command.subject);
  return {.made = executions_.size() - 1};
}

Answer Model::complete(const Command& command) {
  Execution& execution = executions_[command.subject];
  if (command.by != execution.by) return {.outcome = "insufficient_permissions"};
  if (execution.state != "started") return {.outcome = "invalid_state"};
  static constexpr std::array<std::string_view, 4> kStates = {"success", "failure", "partial",
                                                              "unknown"};
  static constexpr std::array<std::string_view, 4> kTypes = {
      "execution.succeeded", "execution.failed", "execution.partial", "execution.unknown"};
  execution.state = kStates[command.choice];
  record(std::string(kTypes[command.choice]), execution.approval);
  Approval& approval = approvals_[execution.approval];
  if (command.choice == 3) approval.status = "unknown";
  if (command.choice == 0 || command.choice == 2) approval.status = "executed";
  return {.status = approval.status};
}

// Everything whose time is up, the longest overdue first; approvals before grants.
Answer Model::sweep() {
  const auto each_by = [this](auto deadline, auto act) {
    std::vector<std::size_t> order(approvals_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return deadline(approvals_[i]); });
    for (const std::size_t i : order) act(i);
  };
  each_by([](const Approval& a) { return a.expires_at; }, [this](std::size_t i) { expire(i); });
  each_by([](const Approval& a) { return a.grant_expires_at; },
          [this](std::size_t i) { expire_grant(i); });
  return {};
}

}  // namespace assent::model
