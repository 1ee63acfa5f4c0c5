#include "people.h"

#include <algorithm>
#include <tuple>

namespace assent::model {
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
  rules_.clear();
  switches_.clear();
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
    case Verb::edit:
    case Verb::defer:
    case Verb::abandon:
      return decide(command);
    case Verb::attach:
      return attach(command);
    case Verb::withdraw:
      return withdraw(command);
    case Verb::start:
      return start(command);
    case Verb::complete:
      return complete(command);
    case Verb::resolve:
      return resolve(command);
    case Verb::create_rule:
      return create_rule(command);
    case Verb::revoke_rule:
      return revoke_rule(command);
    case Verb::engage:
    case Verb::release:
      return turn_switch(command);
    case Verb::put_policy:
      if (command.choice == policy_) return {};  // The same document is no change.
      policy_ = command.choice;
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
      "request", "approve",  "reject",     "cancel",   "edit",    "defer",       "abandon",
      "attach",  "withdraw", "start",      "complete", "resolve", "create_rule", "revoke_rule",
      "engage",  "release",  "put_policy", "sweep",    "wait",    "crash"};
  std::string text(kVerbs[static_cast<std::size_t>(command.verb)]);
  text += " by " + std::string(kWho[command.by]) + " of " + std::to_string(command.subject);
  text += " tool " + std::string(kTools[command.tool]) + " path " + std::to_string(command.path);
  if (command.key) text += " key " + std::to_string(*command.key);
  if (command.wants_evidence) text += " with evidence";
  text += " seen " + std::to_string(static_cast<int>(command.seen));
  if (!command.has_reason) text += " without reason";
  text += " choice " + std::to_string(command.choice) + " time " + std::to_string(command.time);
  text += " uses " + std::to_string(command.uses);
  if (command.is_verified) text += " verified";
  if (command.is_repeated) text += " twice";
  return text;
}

std::string Model::status_of(std::size_t index) const {
  const Approval& approval = approvals_[index];
  // Nobody is told `pending` past the deadline, recorded or not; equality is in time. Nor that
  // something runs whose lease has passed.
  if (approval.status == "pending" && now_ > approval.expires_at) return "expired";
  const auto last = latest(index);
  if (last && executions_[*last].state == "started" && now_ > executions_[*last].lease_expires_at) {
    return "unknown";
  }
  return approval.status;
}

std::size_t Model::votes_of(std::size_t index) const {
  const Approval& approval = approvals_[index];
  const bool is_open = approval.status == "pending";
  const std::size_t seats = is_open ? in_force(approval).seats : approval.bound.seats;
  const std::size_t votes = approval.votes.size();
  return votes < seats ? votes : std::min(votes, approval.seats_at_first);
}

std::string Model::rule_status_of(std::size_t index) const {
  const Rule& rule = rules_[index];
  if (rule.is_revoked) return "revoked";
  if (rule.expires_at && now_ > *rule.expires_at) return "expired";
  if (rule.uses_max > 0 && rule.uses >= rule.uses_max) return "exhausted";
  return "active";
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

void Model::lapse(std::size_t index) {
  Execution& execution = executions_[index];
  if (execution.state != "started" || now_ <= execution.lease_expires_at) return;
  execution.state = "unknown";
  approvals_[execution.approval].status = "unknown";
  record("execution.unknown", execution.approval);
}

void Model::grant(Approval& approval) {
  approval.status = "approved";
  approval.has_grant = true;
  approval.grant_expires_at = now_ + kDay;
}

// ---- rules and switches ----

bool Model::is_high(Tool tool) const {
  if (policy_ == 3) return tool != low && tool != free_;
  return tool == other || tool == never;
}

bool Model::is_stopped(Tool tool) const {
  return std::ranges::any_of(
      switches_, [&](const Switch& each) { return each.tool == tool && !each.is_released; });
}

bool Model::may_answer(const Rule& rule, const Approval& approval, std::size_t seats) const {
  const std::size_t path = approval.path;
  const bool fits =
      rule.constraint == path || (rule.constraint == like && path < 2) || rule.constraint > like;
  if (rule.tool != approval.tool || !fits || rule.is_revoked) return false;
  if (rule.expires_at && now_ > *rule.expires_at) return false;
  if (rule.uses_max > 0 && rule.uses >= rule.uses_max) return false;
  if (approval.bound.needs_evidence || is_requester(rule.by, approval.by)) return false;
  if (is_high(rule.tool) && !(rule.is_narrow() && rule.is_bounded())) return false;
  return rule.by == pat || rule.by == admin || seats <= 1;
}

std::optional<std::size_t> Model::rule_for(const Approval& approval, std::size_t seats) const {
  std::optional<std::size_t> best;
  const auto rank = [this](std::size_t i) {
    return std::tuple(rules_[i].specificity(), rules_[i].is_bounded(), rules_[i].made_at);
  };
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!may_answer(rules_[i], approval, seats)) continue;
    if (!best || rank(i) > rank(*best)) best = i;
  }
  return best;
}

Answer Model::create_rule(const Command& command) {
  if (!is_approver(command.by) && command.by != admin) {
    return {.outcome = "insufficient_permissions"};
  }
  if (!is_human(command.by)) return {.outcome = "HUMAN_ACTOR_REQUIRED"};
  const Rule rule{
      .tool = command.tool,
      .constraint = command.choice,
      .uses_max = command.uses,
      .expires_at = command.time > 0 ? std::optional(now_ + command.time) : std::nullopt,
      .by = command.by,
      .made_at = now_};
  const bool is_pointless = answer(command.tool).decision == "reject";
  const bool is_too_wide = is_high(command.tool) ? !(rule.is_narrow() && rule.is_bounded())
                                                 : !(rule.is_narrow() || rule.is_bounded());
  if (is_pointless || is_too_wide) return {.outcome = "unprocessable"};
  rules_.push_back(rule);
  record("rule.created", rules_.size() - 1);
  return {.made = rules_.size() - 1};
}

Answer Model::revoke_rule(const Command& command) {
  if (!is_approver(command.by) && command.by != admin) {
    return {.outcome = "insufficient_permissions"};
  }
  if (!is_human(command.by)) return {.outcome = "HUMAN_ACTOR_REQUIRED"};
  Rule& rule = rules_[command.subject];
  if (rule.is_revoked) return {.outcome = "invalid_state"};
  rule.is_revoked = true;
  record("rule.revoked", command.subject);
  return {};
}

Answer Model::turn_switch(const Command& command) {
  if (command.by != pat && command.by != admin) return {.outcome = "insufficient_permissions"};
  if (!command.has_reason) return {.outcome = "validation_error"};
  if (command.verb == Verb::engage) {
    switches_.push_back({.tool = command.tool});
    record("killswitch.engaged", switches_.size() - 1);
    return {.made = switches_.size() - 1};
  }
  Switch& found = switches_[command.subject];
  if (found.is_released) return {.outcome = "invalid_state"};
  found.is_released = true;
  record("killswitch.released", command.subject);
  return {};
}

// ---- requests ----

Answer Model::request(const Command& command) {
  if (!may_ask(command.by)) return {.outcome = "insufficient_permissions"};
  if (command.key && keys_[*command.key]) {
    const std::size_t earlier = *keys_[*command.key];
    const Approval& known = approvals_[earlier];
    const bool is_over = known.status == "cancelled" || known.status == "executed" ||
                         known.status == "expired" ||
                         (known.status == "pending" && now_ > known.expires_at);
    if (!is_over) {
      if (known.tool != command.tool || known.path != command.path || known.by != command.by) {
        return {.outcome = "idempotency_conflict"};
      }
      return {.made = earlier, .status = known.status};
    }
    expire(earlier);
  }
  Requirement said = answer(command.tool);
  const std::size_t seats = said.seats;
  said.needs_evidence = said.needs_evidence || command.wants_evidence;
  // Somebody has to look at the evidence; and nothing says yes by itself while it is stopped.
  const bool is_open = !said.needs_evidence && !is_stopped(command.tool);
  if (said.decision == "allow" && !is_open) said.decision = "human";
  const std::size_t made = approvals_.size();
  approvals_.push_back({.tool = command.tool,
                        .path = command.path,
                        .by = command.by,
                        .status = "pending",
                        .expires_at = now_ + (command.time > 0 ? command.time : 2 * kDay),
                        .bound = said,
                        .seats_at_first = seats});
  if (command.key) keys_[*command.key] = made;
  record("approval.requested", made);
  std::optional<std::size_t> rule;
  if (said.decision == "human" && is_open) rule = rule_for(approvals_[made], seats);
  if (said.decision == "allow" || rule) {
    record("approval.auto_approved", made);
    grant(approvals_[made]);
  } else if (said.decision == "reject") {
    record("approval.rejected", made);
    approvals_[made].status = "rejected";
  }
  if (rule) ++rules_[*rule].uses;
  return {.made = made, .status = approvals_[made].status, .rule = rule};
}

}  // namespace assent::model
