#include "domain/policy.h"

#include "base/text.h"
#include "domain/policy_parts.h"

#include <algorithm>

namespace assent {
namespace {

// Content that does not say its type is matched as this.
constexpr std::string_view kUntypedContent = "content";

// What is asked of the policy.
struct Asked {
  Kind kind;
  std::string_view name;  // The tool, or the type of the content.
  const Json& arguments;
};

Asked asked_of(Kind kind, std::string_view tool, const Json& arguments) {
  const bool is_untyped = kind == Kind::content && tool.empty();
  return {kind, is_untyped ? kUntypedContent : tool, arguments};
}

// Why the entry does not answer; empty if it does.
std::string mismatch(const PolicyEntry& entry, const Asked& asked) {
  const Kind kind = entry.kind.value_or(Kind::tool_call);
  if (kind != asked.kind) return "is for " + std::string(word(kind)) + " only";
  if (!matches_glob(entry.tool, asked.name)) {
    return "is not for \"" + std::string(asked.name) + "\"";
  }
  for (const auto& condition : entry.arguments) {
    if (fits(condition, asked.arguments)) continue;
    const bool is_there = asked.arguments.find(condition.argument) != nullptr;
    return "wants another value of argument \"" + condition.argument + "\"" +
           (is_there ? "" : ", which is absent");
  }
  return {};
}

bool answers(const PolicyEntry& entry, const Asked& asked) {
  return entry.kind.value_or(Kind::tool_call) == asked.kind &&
         matches_glob(entry.tool, asked.name) &&
         std::all_of(entry.arguments.begin(), entry.arguments.end(),
                     [&asked](const auto& condition) { return fits(condition, asked.arguments); });
}

std::string_view consequence(PolicyDecision decision) {
  switch (decision) {
    case PolicyDecision::allow:
      return "allows it";
    case PolicyDecision::human:
      return "requires a person";
    case PolicyDecision::reject:
      return "refuses it";
  }
  return {};
}

// Counted from 0, as `policyEntry` in the log and `tools[0]` in the document are.
std::string title_of(std::size_t index, const PolicyEntry& entry) {
  return "policy entry " + std::to_string(index) + " (" + entry.tool + ")";
}

std::string why_entry(std::size_t index, const PolicyEntry& entry) {
  return title_of(index, entry) + " " + std::string(consequence(entry.decision));
}

std::string why_defaults(const Policy& policy, const Asked& asked) {
  return "no policy entry matches \"" + std::string(asked.name) + "\": the default " +
         std::string(consequence(policy.defaults.decision));
}

// The first of the emissions that matches the type and says what is asked of it, or null.
const EmissionRule* first_emission(const Policy& policy, std::string_view type,
                                   bool (*says)(const EmissionRule&)) {
  CHECK(policy.emission_index.size() == policy.emissions.size());
  if (policy.emissions.empty()) return nullptr;
  const auto found = policy.emission_index.first(type, [&](std::size_t index) {
    const EmissionRule& rule = policy.emissions[index];
    return says(rule) && matches_glob(rule.match, type);
  });
  return found ? &policy.emissions[*found] : nullptr;
}

}  // namespace

PolicyIndex::PolicyIndex(const std::vector<PolicyEntry>& entries) {
  for (const PolicyEntry& entry : entries) add(entry.tool);
  finish();
}

PolicyIndex::PolicyIndex(const std::vector<EmissionRule>& rules) {
  for (const EmissionRule& rule : rules) add(rule.match);
  finish();
}

void PolicyIndex::add(std::string_view glob) {
  const std::string_view beginning = glob.substr(0, glob.find('*'));
  by_beginning_[std::string(beginning)].push_back(size_++);
  lengths_.push_back(beginning.size());
}

void PolicyIndex::finish() {
  std::sort(lengths_.begin(), lengths_.end());
  lengths_.erase(std::unique(lengths_.begin(), lengths_.end()), lengths_.end());
}

std::optional<std::size_t> PolicyIndex::first(
    std::string_view name, const std::function<bool(std::size_t)>& answers) const {
  std::size_t best = size_;
  for (const std::size_t length : lengths_) {
    if (length > name.size()) break;
    const auto found = by_beginning_.find(name.substr(0, length));
    if (found == by_beginning_.end()) continue;
    for (const std::size_t index : found->second) {
      if (index >= best) break;
      if (answers(index)) best = index;
    }
  }
  return best == size_ ? std::nullopt : std::optional(best);
}

void set_plan_entries(Policy& policy, std::vector<PolicyEntry> entries) {
  policy.plan_refusal = entries[static_cast<std::size_t>(RiskTier::high)];
  policy.plan_refusal.decision = PolicyDecision::reject;
  policy.plan_passes = entries;
  for (PolicyEntry& entry : policy.plan_passes) {
    entry.decision = PolicyDecision::allow;
    entry.evidence = {};  // Nobody looks at it.
  }
  policy.plan_entries = std::move(entries);
}

Policy default_policy() {
  Policy policy;
  policy.defaults.quorum = {{{ApproverRequirement{}}}};
  policy.defaults.expires_after = std::chrono::hours(48);
  policy.defaults.grant_expires_after = std::chrono::hours(24);
  set_plan_entries(policy, plan_entries_of(policy.defaults, {}, {}));
  return policy;
}

PolicyAnswer evaluate(const Policy& policy, Kind kind, std::string_view tool,
                      const Json& arguments) {
  CHECK(policy.index.size() == policy.entries.size());
  const Asked asked = asked_of(kind, tool, arguments);
  const auto found = policy.index.first(
      asked.name, [&](std::size_t index) { return answers(policy.entries[index], asked); });
  if (!found) {
    return {.entry = &policy.defaults, .index = {}, .why = why_defaults(policy, asked)};
  }
  const PolicyEntry& entry = policy.entries[*found];
  return {.entry = &entry, .index = found, .why = why_entry(*found, entry)};
}

ProofDemand proof_demanded(const Policy& policy, std::string_view type) {
  const EmissionRule* const found =
      first_emission(policy, type, [](const EmissionRule& rule) { return rule.proof.has_value(); });
  return found == nullptr ? ProofDemand::none : *found->proof;
}

bool Emitters::include(const Principal& principal) const {
  return std::ranges::binary_search(principals, principal.id) ||
         std::ranges::any_of(roles, [&](Role role) { return principal.has(role); });
}

bool may_emit(const Policy& policy, std::string_view type, const Principal& principal) {
  const EmissionRule* const found =
      first_emission(policy, type, [](const EmissionRule& rule) { return rule.by.has_value(); });
  return found == nullptr || found->by->include(principal);
}

std::vector<std::string> explain(const Policy& policy, Kind kind, std::string_view tool,
                                 const Json& arguments) {
  const Asked asked = asked_of(kind, tool, arguments);
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i < policy.entries.size(); ++i) {
    const PolicyEntry& entry = policy.entries[i];
    const std::string reason = mismatch(entry, asked);
    if (reason.empty()) {
      sentences.push_back(why_entry(i, entry));
      return sentences;
    }
    sentences.push_back(title_of(i, entry) + " " + reason);
  }
  sentences.push_back(why_defaults(policy, asked));
  return sentences;
}

}  // namespace assent
