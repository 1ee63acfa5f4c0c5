// What a policy document means. Strict, because a misspelt guard must not be ignored.
#include "domain/policy.h"
#include "domain/policy_parts.h"

#include <algorithm>

namespace assent {
namespace {

constexpr std::size_t kEntriesMax = 1000;

// What an entry, or the defaults, may say besides its terms.
constexpr auto kOwnNames = std::to_array<std::string_view>(
    {"decision", "riskTier", "safetyCritical", "sensitive", "description"});

template <std::size_t N, std::size_t M>
constexpr std::array<std::string_view, N + M> joined(const std::array<std::string_view, N>& a,
                                                     const std::array<std::string_view, M>& b) {
  std::array<std::string_view, N + M> all;
  for (std::size_t i = 0; i < N; ++i) all[i] = a[i];
  for (std::size_t i = 0; i < M; ++i) all[N + i] = b[i];
  return all;
}

constexpr auto kDefaultsNames = joined(kOwnNames, kTermNames);
constexpr auto kEntryNames = joined(std::to_array<std::string_view>({"match"}), kDefaultsNames);

class PolicyReader {
 public:
  Policy document(const Json& value);
  Result<Policy> judge(Policy policy) && {
    TRY(std::move(reader_).judge("The policy cannot be accepted: "));
    policy.index = PolicyIndex(policy.entries);
    policy.emission_index = PolicyIndex(policy.emissions);
    return policy;
  }

 private:
  void shared_parts(const Json& value, Policy& policy);
  void defaults(const Json& value, Policy& policy);
  void self_approval(const Json& value, Policy& policy);
  PolicyEntry entry(const Json& value, const std::string& path);
  void match(const Json& value, const std::string& path, PolicyEntry& entry);
  void arguments(const Json& value, const std::string& path, PolicyEntry& entry);
  void own(const Json& value, const std::string& path, PolicyEntry& entry);
  void apply_tier(PolicyEntry& entry);
  void check_allow(const PolicyEntry& entry, const Json& value, const std::string& path);
  void check_executor(const PolicyEntry& entry, const Json& value, const std::string& path);

  DocumentReader reader_;
  ApproverGroups groups_;
  std::map<RiskTier, PolicyTerms> tiers_;
  PolicyEntry base_ = default_policy().defaults;  // What entries inherit: defaults without a tier.
};

void PolicyReader::apply_tier(PolicyEntry& entry) {
  if (const auto found = tiers_.find(entry.risk_tier); found != tiers_.end()) {
    apply(found->second, entry);
  }
}

// What defaults and entries have in common beside the terms.
void PolicyReader::own(const Json& value, const std::string& path, PolicyEntry& entry) {
  if (const Json* const member = value.find("decision")) {
    reader_.choice(*member, below(path, "decision"), entry.decision);
  }
  if (const Json* const member = value.find("riskTier")) {
    reader_.choice(*member, below(path, "riskTier"), entry.risk_tier);
  }
  if (const Json* const member = value.find("safetyCritical")) {
    reader_.names(*member, below(path, "safetyCritical"), entry.safety_critical);
  }
  if (const Json* const member = value.find("sensitive")) {
    reader_.names(*member, below(path, "sensitive"), entry.sensitive);
  }
  if (const Json* const member = value.find("description")) {
    reader_.text(*member, below(path, "description"), entry.description);
  }
}

// An allow has nobody to look: it must not leave open what was called safety-critical, and a guard
// that only a human could apply would be ignored.
void PolicyReader::check_allow(const PolicyEntry& entry, const Json& value,
                               const std::string& path) {
  if (entry.decision != PolicyDecision::allow) return;
  for (std::size_t i = 0; i < entry.safety_critical.size(); ++i) {
    const auto& name = entry.safety_critical[i];
    const bool is_pinned = std::any_of(
        entry.arguments.begin(), entry.arguments.end(),
        [&name](const auto& each) { return each.argument == name && is_pinning(each); });
    if (is_pinned) continue;
    reader_.impossible(below(below(path, "safetyCritical"), i),
                       "is left open by an allow: pin \"" + name + "\" under match.arguments");
  }
  if (path == "defaults") return;  // There, they are for the entries to inherit.
  if (value.find("approvers") != nullptr) {
    reader_.impossible(below(path, "approvers"), "would be ignored: the decision is allow");
  }
  if (value.find("evidence") != nullptr && entry.evidence.required) {
    reader_.impossible(below(path, "evidence"), "would be ignored: the decision is allow");
  }
}

// The outcome of an execution is unknown when its lease is over, so nobody waits longer for it.
void PolicyReader::check_executor(const PolicyEntry& entry, const Json& value,
                                  const std::string& path) {
  if (!entry.executor || entry.executor->timeout <= entry.lease) return;
  if (value.find("executor") == nullptr && value.find("lease") != nullptr) {
    reader_.impossible(below(path, "lease"), "must not be shorter than executor.timeout");
  } else {
    reader_.impossible(below(path, "executor.timeout"), "must not be longer than the lease");
  }
}

PolicyEntry PolicyReader::entry(const Json& value, const std::string& path) {
  PolicyEntry entry = base_;
  // Of the tool that they were written for, not of every tool.
  entry.safety_critical.clear();
  entry.sensitive.clear();
  entry.description.clear();
  if (!reader_.object(value, path, kEntryNames)) return entry;
  if (const Json* const member = value.find("match")) {
    match(*member, below(path, "match"), entry);
  } else {
    reader_.fault(below(path, "match"), "is missing");
  }
  own(value, path, entry);
  apply_tier(entry);
  apply(read_terms(reader_, value, path, groups_), entry);
  check_allow(entry, value, path);
  check_executor(entry, value, path);
  return entry;
}

void PolicyReader::match(const Json& value, const std::string& path, PolicyEntry& entry) {
  constexpr auto kKnown = std::to_array<std::string_view>({"tool", "kind", "arguments"});
  if (!reader_.object(value, path, kKnown)) return;
  if (const Json* const tool = value.find("tool")) {
    reader_.text(*tool, below(path, "tool"), entry.tool);
  } else {
    reader_.fault(below(path, "tool"), "is missing");
  }
  if (const Json* const kind = value.find("kind")) {
    reader_.choice(*kind, below(path, "kind"), entry.kind.emplace());
    if (entry.kind == Kind::plan) {
      reader_.fault(below(path, "kind"), "must be tool_call or content: `plans` answers plans");
    }
  }
  const Json* const conditions = value.find("arguments");
  if (conditions == nullptr) return;
  arguments(*conditions, below(path, "arguments"), entry);
  if (entry.kind == Kind::content) {
    reader_.impossible(below(path, "arguments"), "can never match: content has no arguments");
  }
}

void PolicyReader::arguments(const Json& value, const std::string& path, PolicyEntry& entry) {
  if (!value.is_object()) return reader_.fault(path, "must be a map from argument to condition");
  for (const auto& [name, member] : value.members()) {
    auto condition =
        condition_from_json(name, member, below(path, name), ConditionNotation::typed_or_short);
    if (condition) {
      entry.arguments.push_back(std::move(*condition));
    } else {
      reader_.faults(std::move(condition.error().fields));
    }
  }
}

void PolicyReader::self_approval(const Json& value, Policy& policy) {
  policy.allows_self_approval = value == Json("allowed");
  if (!policy.allows_self_approval && value != Json("forbidden")) {
    reader_.fault("selfApproval", "must be one of forbidden allowed");
  }
}

void PolicyReader::defaults(const Json& value, Policy& policy) {
  policy.defaults = base_;
  if (!reader_.object(value, "defaults", kDefaultsNames)) return;
  own(value, "defaults", base_);
  apply(read_terms(reader_, value, "defaults", groups_), base_);
  policy.defaults = base_;
  apply_tier(policy.defaults);
  check_allow(policy.defaults, value, "defaults");
  check_executor(policy.defaults, value, "defaults");
}

// What others refer to, so it is read first.
void PolicyReader::shared_parts(const Json& value, Policy& policy) {
  if (const Json* const member = value.find("groups")) groups_ = read_groups(reader_, *member);
  if (const Json* const member = value.find("tiers")) {
    tiers_ = read_tiers(reader_, *member, groups_);
  }
  if (const Json* const member = value.find("templates")) {
    policy.templates = read_templates(reader_, *member, groups_);
  }
  if (const Json* const member = value.find("breakGlass")) {
    policy.break_glass = read_break_glass(reader_, *member);
  }
  if (const Json* const member = value.find("retention")) {
    policy.retention = read_retention(reader_, *member);
  }
  if (const Json* const member = value.find("plans")) {
    policy.plans = read_plan_catalogue(reader_, *member, groups_);
  }
  if (const Json* const member = value.find("redaction")) {
    policy.redactor = read_redaction(reader_, *member);
  }
  if (const Json* const member = value.find("emissions")) {
    policy.emissions = read_emissions(reader_, *member, groups_);
  }
  if (const Json* const member = value.find("obligations")) {
    policy.obligations = read_obligations(reader_, *member);
  }
  policy.groups = groups_;
}

Policy PolicyReader::document(const Json& value) {
  constexpr auto kKnown = std::to_array<std::string_view>(
      {"version", "defaults", "selfApproval", "groups", "tiers", "templates", "breakGlass",
       "retention", "plans", "redaction", "emissions", "obligations", "tools"});
  Policy policy = default_policy();
  if (!reader_.object(value, {}, kKnown)) return policy;
  if (const Json* const version = value.find("version"); version == nullptr) {
    reader_.fault("version", "is missing");
  } else if (*version != Json(1)) {
    reader_.fault("version", "must be 1");
  }
  shared_parts(value, policy);
  const Json nothing = Json::object();
  const Json* const said = value.find("defaults");
  defaults(said == nullptr ? nothing : *said, policy);
  set_plan_entries(policy, plan_entries_of(base_, tiers_, policy.plans.terms));
  if (const Json* const member = value.find("selfApproval")) self_approval(*member, policy);
  const Json* const tools = value.find("tools");
  if (tools == nullptr) return policy;
  if (!tools->is_array() || tools->items().size() > kEntriesMax) {
    reader_.fault("tools", "must be a list of at most " + std::to_string(kEntriesMax) + " entries");
    return policy;
  }
  for (std::size_t i = 0; i < tools->items().size(); ++i) {
    policy.entries.push_back(entry(tools->items()[i], below("tools", i)));
  }
  return policy;
}

}  // namespace

Result<Policy> policy_from_json(const Json& document) {
  PolicyReader reader;
  Policy policy = reader.document(document);
  return std::move(reader).judge(std::move(policy));
}

}  // namespace assent
