#include "domain/rule.h"

#include "base/canonical.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <set>

namespace assent {

template <>
std::span<const std::string_view> words<RuleStatus>() {
  static constexpr std::array<std::string_view, 4> kWords = {"active", "revoked", "expired",
                                                             "exhausted"};
  return kWords;
}

namespace {

constexpr std::size_t kConstraintsMax = 50;

bool is_high(RiskTier tier) {
  return tier >= RiskTier::high;
}

bool is_narrow(std::span<const ArgumentCondition> constraints) {
  return std::ranges::any_of(constraints, is_pinning);
}

bool pins(std::span<const ArgumentCondition> constraints, std::string_view argument) {
  return std::ranges::any_of(constraints, [&](const ArgumentCondition& condition) {
    return condition.argument == argument && is_pinning(condition);
  });
}

std::int64_t seats_of(const Quorum& quorum) {
  std::optional<std::int64_t> least;
  for (const auto& requirements : quorum.alternatives) {
    std::int64_t seats = 0;
    for (const ApproverRequirement& each : requirements) seats += each.count;
    least = std::min(least.value_or(seats), seats);
  }
  return least.value_or(1);
}

// A rule speaks for its maker. Whoever could have changed the policy may say anything; anybody else
// only what one person's yes would have said.
bool may_speak(const Rule& rule, const Quorum& quorum) {
  const auto was = [&](Role role) {
    return std::ranges::find(rule.created_roles, role) != rule.created_roles.end();
  };
  if (was(Role::policy_admin) || was(Role::admin)) return true;
  const Vote maker{.by = rule.created_by, .roles = rule.created_roles};
  return seats_of(quorum) <= 1 && is_eligible(quorum, maker);
}

// The first safety-critical argument of the call that the rule leaves open.
std::optional<std::string> unpinned_in(const Rule& rule, const RuleQuestion& question) {
  for (const std::string& name : question.entry.safety_critical) {
    if (question.arguments.find(name) != nullptr && !pins(rule.constraints, name)) return name;
  }
  return std::nullopt;
}

std::string unpinned_text(const std::string& name) {
  return "does not pin the safety-critical argument \"" + name + "\"";
}

// What keeps a rule whose constraints fit from answering; empty if nothing does.
std::string obstacle(const Rule& rule, const RuleQuestion& question) {
  switch (status_of(rule, question.now)) {
    case RuleStatus::active:
      break;
    case RuleStatus::revoked:
      return "is revoked";
    case RuleStatus::expired:
      return "has expired";
    case RuleStatus::exhausted:
      return "is used up";
  }
  if (question.evidence.required) return "does not stand in for the evidence that is required";
  const bool is_own = rule.created_by == question.requester || rule.created_by == question.owner;
  if (is_own && !question.allows_self_approval)
    return "was made by the requester or the human behind it";
  if (const auto name = unpinned_in(rule, question)) {
    return unpinned_text(*name);
  }
  if (is_high(question.entry.risk_tier) && !(is_narrow(rule.constraints) && rule.is_bounded())) {
    return "is not narrow and bounded, as " + std::string(word(question.entry.risk_tier)) +
           " risk demands";
  }
  if (!may_speak(rule, question.entry.quorum)) {
    return "was made by one person who may not decide this alone";
  }
  return {};
}

std::string counted(const Rule& rule) {
  std::array<int, 3> counts{};
  for (const ArgumentCondition& condition : rule.constraints) {
    ++counts.at(static_cast<std::size_t>(specificity(condition)));
  }
  std::string text = std::to_string(counts[2]) + " exact, " + std::to_string(counts[1]) +
                     " pattern, " + std::to_string(counts[0]) + " any";
  text += rule.is_bounded() ? ", bounded" : ", unbounded";
  return text;
}

// By which step of the precedence the winner beat the next.
std::string_view decided_by(const Rule& winner, const Rule& next) {
  if (specificity(winner) != specificity(next)) return "more specific";
  if (winner.is_bounded() != next.is_bounded()) return "bounded";
  if (winner.created_at != next.created_at) return "newer";
  return "of the smaller id";
}

// Whether an entry could answer any call that fits the constraints. What a rule pins exactly is
// compared; everything else might be anything.
bool may_meet(const PolicyEntry& entry, std::string_view tool,
              std::span<const ArgumentCondition> constraints) {
  if (entry.kind.value_or(Kind::tool_call) != Kind::tool_call) return false;
  if (!matches_glob(entry.tool, tool)) return false;
  return std::ranges::all_of(entry.arguments, [&](const ArgumentCondition& wanted) {
    for (const ArgumentCondition& mine : constraints) {
      if (mine.argument != wanted.argument || mine.type != ConditionType::exact) continue;
      return fits(wanted, Json::object({{mine.argument, mine.value}}));
    }
    return true;
  });
}

// What is written down must be what is compared: 1.0 would be kept as 1, which is another value.
bool is_kept_as_written(const Json& value) {
  const auto kept = parse_json(canonical_json(value));
  return kept && *kept == value;
}

}  // namespace

RuleStatus status_of(const Rule& rule, Timestamp now) {
  if (rule.revoked_at) return RuleStatus::revoked;
  if (rule.expires_at && now > *rule.expires_at) return RuleStatus::expired;
  if (rule.max_uses && rule.uses >= *rule.max_uses) return RuleStatus::exhausted;
  return RuleStatus::active;
}

bool matches(const Rule& rule, std::string_view tool, const Json& arguments) {
  return rule.tool == tool && std::ranges::all_of(rule.constraints, [&](const auto& condition) {
           return fits(condition, arguments);
         });
}

int specificity(const Rule& rule) {
  int sum = 0;
  for (const ArgumentCondition& condition : rule.constraints) sum += specificity(condition);
  return sum;
}

bool goes_before(const Rule& a, const Rule& b) {
  if (specificity(a) != specificity(b)) return specificity(a) > specificity(b);
  if (a.is_bounded() != b.is_bounded()) return a.is_bounded();
  if (a.created_at != b.created_at) return a.created_at > b.created_at;
  return a.id < b.id;
}

RuleAnswer choose_rule(std::span<const Rule> candidates, const RuleQuestion& question) {
  std::vector<const Rule*> fitting;
  for (const Rule& rule : candidates) {
    if (matches(rule, question.tool, question.arguments)) fitting.push_back(&rule);
  }
  if (fitting.empty()) return {.rule = nullptr, .why = "no standing rule matches"};
  std::ranges::sort(fitting, [](const Rule* a, const Rule* b) { return goes_before(*a, *b); });
  const Rule* winner = nullptr;
  for (const Rule* rule : fitting) {
    if (!obstacle(*rule, question).empty()) continue;
    if (winner == nullptr) {
      winner = rule;
      continue;
    }
    return {.rule = winner,
            .why = "standing rule " + winner->id.text() + " approves it (" + counted(*winner) +
                   "; " + std::string(decided_by(*winner, *rule)) + " than rule " +
                   rule->id.text() + ")"};
  }
  if (winner != nullptr) {
    return {
        .rule = winner,
        .why = "standing rule " + winner->id.text() + " approves it (" + counted(*winner) + ")"};
  }
  const Rule& best = *fitting.front();
  const std::string why = obstacle(best, question);
  auto unpinned = unpinned_in(best, question);
  if (unpinned && why != unpinned_text(*unpinned)) unpinned.reset();  // Something else came first.
  return {.rule = nullptr,
          .why = "standing rule " + best.id.text() + " matches but " + why,
          .unpinned = std::move(unpinned)};
}

RuleScope scope_of(const Policy& policy, std::string_view tool,
                   std::span<const ArgumentCondition> constraints) {
  RuleScope scope;
  std::set<std::string> critical;
  bool is_anything_open = false;
  const auto add = [&](const PolicyEntry& entry) {
    if (entry.decision == PolicyDecision::reject) return;  // No rule changes what it answers.
    is_anything_open = true;
    scope.risk_tier = std::max(scope.risk_tier, entry.risk_tier);
    critical.insert(entry.safety_critical.begin(), entry.safety_critical.end());
  };
  bool is_answered = false;
  for (const PolicyEntry& entry : policy.entries) {
    if (!may_meet(entry, tool, constraints)) continue;
    add(entry);
    is_answered = entry.arguments.empty();
    if (is_answered) break;  // Nothing behind it is ever asked.
  }
  if (!is_answered) add(policy.defaults);
  scope.safety_critical.assign(critical.begin(), critical.end());
  scope.is_refused = !is_anything_open;
  return scope;
}

Result<void> check_rule(const Rule& rule, const RuleScope& scope, Timestamp now) {
  if (rule.tool.find('*') != std::string::npos) {
    return error_at(Code::unprocessable, "tool",
                    "is a name and not a pattern, so that it could never match");
  }
  if (rule.expires_at && *rule.expires_at < now) {
    return error_at(Code::unprocessable, "expiresAt", "has passed, so that it could never match");
  }
  if (scope.is_refused) {
    return error_at(Code::unprocessable, "tool",
                    "is refused by the policy, so that it could never match");
  }
  const bool narrow = is_narrow(rule.constraints);
  if (is_high(scope.risk_tier)) {
    const std::string tier(word(scope.risk_tier));
    if (!narrow) {
      return error_at(
          Code::unprocessable, "constraints",
          "must pin something, exactly or by a pattern: the tool is of " + tier + " risk");
    }
    if (!rule.is_bounded()) {
      return error_at(Code::unprocessable, "maxUses",
                      "or expiresAt must bound it: the tool is of " + tier + " risk");
    }
  }
  if (!narrow && !rule.is_bounded()) {
    return error_at(Code::unprocessable, "constraints",
                    "match every call of the tool, for ever: pin something, or bound it");
  }
  return {};
}

std::vector<std::string> warnings(const Rule& rule, const RuleScope& scope) {
  std::vector<std::string> said;
  for (const std::string& name : scope.safety_critical) {
    if (pins(rule.constraints, name)) continue;
    said.push_back("\"" + name +
                   "\" is safety-critical and left open: calls that have it will not match");
  }
  return said;
}

Result<std::vector<ArgumentCondition>> constraints_from_json(const Json& value,
                                                             const std::string& path) {
  if (!value.is_object()) {
    return error_at(Code::validation_error, path, "must map arguments to {type, value}");
  }
  if (value.members().size() > kConstraintsMax) {
    return error_at(Code::validation_error, path, "are more than 50");
  }
  std::vector<ArgumentCondition> constraints;
  for (const auto& [name, member] : value.members()) {
    std::string at = path;
    at.append(".").append(name);
    constraints.push_back(TRY(condition_from_json(name, member, at, ConditionNotation::typed)));
    if (is_kept_as_written(constraints.back().value)) continue;
    return error_at(Code::unprocessable, at + ".value",
                    "must write whole numbers without a fraction: 1.0 is another value than 1");
  }
  std::ranges::sort(constraints, {}, &ArgumentCondition::argument);
  return constraints;
}

std::vector<ArgumentCondition> literal_constraints(const Json& arguments) {
  std::vector<ArgumentCondition> constraints;
  for (const auto& [name, value] : arguments.members()) {
    constraints.push_back({.argument = name, .type = ConditionType::exact, .value = value});
  }
  std::ranges::sort(constraints, {}, &ArgumentCondition::argument);
  return constraints;
}

std::string shape_of(std::span<const ArgumentCondition> constraints) {
  std::set<std::string> names;
  for (const ArgumentCondition& condition : constraints) {
    if (condition.type == ConditionType::exact) names.insert(condition.argument);
  }
  Json shape = Json::array();
  for (const std::string& name : names) shape.push(name);
  return canonical_json(shape);
}

Hash pin_of(std::span<const ArgumentCondition> constraints) {
  Json values = Json::object();
  for (const ArgumentCondition& condition : constraints) {
    if (condition.type == ConditionType::exact) values.set(condition.argument, condition.value);
  }
  return sha256(canonical_json(values));
}

Result<std::optional<Hash>> pin_of(std::string_view shape, const Json& arguments) {
  const auto names = parse_json(shape);
  if (!names || !names->is_array()) return Error{Code::corrupt, "a rule has no proper shape"};
  Json values = Json::object();
  for (const Json& name : names->items()) {
    if (!name.is_string()) return Error{Code::corrupt, "a rule has no proper shape"};
    const Json* const value = arguments.find(name.string());
    if (value == nullptr) return std::optional<Hash>();
    values.set(name.string(), *value);
  }
  return std::optional(sha256(canonical_json(values)));
}

}  // namespace assent
