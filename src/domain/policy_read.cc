// What a policy document means. Strict, because a misspelt guard must not be ignored.
#include "domain/policy.h"

#include <algorithm>

namespace assent {
namespace {

using std::chrono::seconds;

constexpr std::size_t kEntriesMax = 1000;
constexpr std::size_t kFaultsMax = 20;  // One screen.
constexpr std::int64_t kTtlSecondsMax = 31'536'000;
constexpr std::int64_t kAttemptsMax = 10;
constexpr std::size_t kTextBytesMax = 2000;
constexpr std::size_t kPathNameBytesMax = 64;  // Errors go to logs and screens.

std::string below(const std::string& path, std::string_view name) {
  std::string shown(name);
  if (shown.size() > kPathNameBytesMax) {
    std::size_t end = kPathNameBytesMax;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
    shown.replace(end, std::string::npos, "…");
  }
  return path.empty() ? shown : path + "." + shown;
}
std::string below(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

// Walks a document and collects what is wrong with it. What has a fault keeps its default; with a
// fault anywhere there is no policy, so nobody sees it.
class Reader {
 public:
  Policy document(const Json& value);
  Result<Policy> judge(Policy policy) &&;

 private:
  void fault(std::string path, std::string message) {
    if (faults_.size() < kFaultsMax) faults_.push_back({std::move(path), std::move(message)});
  }
  void impossible(std::string path, std::string message) {
    if (contradictions_.size() < kFaultsMax) {
      contradictions_.push_back({std::move(path), std::move(message)});
    }
  }

  // Whether `value` is an object with none but these members.
  bool object(const Json& value, const std::string& path,
              std::initializer_list<std::string_view> known);
  template <class E>
  void choice(const Json& value, const std::string& path, E& out);
  void whole(const Json& value, const std::string& path, std::int64_t max, std::int64_t& out);
  void text(const Json& value, const std::string& path, std::string& out);
  void duration(const Json& value, const std::string& path, seconds& out);
  void names(const Json& value, const std::string& path, std::vector<std::string>& out);
  EvidencePolicy evidence(const Json& value, const std::string& path);

  void rules(const Json& value, const std::string& path, PolicyEntry& entry);
  void self_approval(const Json& value, Policy& policy);
  PolicyEntry entry(const Json& value, const std::string& path, const PolicyEntry& defaults);
  void match(const Json& value, const std::string& path, PolicyEntry& entry);
  void arguments(const Json& value, const std::string& path, PolicyEntry& entry);

  void check_allow(const PolicyEntry& entry, const Json& value, const std::string& path);

  ApproverGroups groups_;
  std::vector<FieldError> faults_;
  std::vector<FieldError> contradictions_;
};

bool Reader::object(const Json& value, const std::string& path,
                    std::initializer_list<std::string_view> known) {
  if (!value.is_object()) {
    fault(path, "must be a map");
    return false;
  }
  for (const auto& [name, member] : value.members()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string message = "is not known here; known are";
    for (const auto each : known) message.append(" ").append(each);
    fault(below(path, name), std::move(message));
  }
  return true;
}

template <class E>
void Reader::choice(const Json& value, const std::string& path, E& out) {
  const auto chosen = value.is_string() ? from_word<E>(value.string()) : std::optional<E>();
  if (chosen) {
    out = *chosen;
    return;
  }
  std::string message = "must be one of";
  for (const auto each : words<E>()) message.append(" ").append(each);
  fault(path, std::move(message));
}

void Reader::whole(const Json& value, const std::string& path, std::int64_t max,
                   std::int64_t& out) {
  if (value.is_integer() && value.integer() >= 1 && value.integer() <= max) {
    out = value.integer();
  } else {
    fault(path, "must be a whole number from 1 to " + std::to_string(max));
  }
}

void Reader::text(const Json& value, const std::string& path, std::string& out) {
  if (value.is_string() && !value.string().empty() && value.string().size() <= kTextBytesMax) {
    out = value.string();
  } else {
    fault(path, "must be a text of 1 to " + std::to_string(kTextBytesMax) + " bytes");
  }
}

void Reader::duration(const Json& value, const std::string& path, seconds& out) {
  const auto read =
      value.is_string() ? duration_from_text(value.string()) : std::optional<seconds>();
  if (read) {
    out = *read;
  } else {
    fault(path, "must be a duration like 30s, 90m, 48h or 7d");
  }
}

void Reader::names(const Json& value, const std::string& path, std::vector<std::string>& out) {
  if (!value.is_array()) return fault(path, "must be a list of names of arguments");
  out.clear();
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    std::string name;
    text(value.items()[i], below(path, i), name);
    if (std::find(out.begin(), out.end(), name) != out.end()) {
      fault(below(path, i), "occurs twice");
    }
    out.push_back(std::move(name));
  }
}

EvidencePolicy Reader::evidence(const Json& value, const std::string& path) {
  EvidencePolicy policy;
  if (!object(value, path, {"required", "ttlSeconds"})) return policy;
  if (const Json* const required = value.find("required")) {
    if (required->is_bool()) {
      policy.required = required->boolean();
    } else {
      fault(below(path, "required"), "must be true or false");
    }
  }
  // null is spelt-out absence: age is not checked.
  const Json* const ttl = value.find("ttlSeconds");
  if (ttl != nullptr && !ttl->is_null()) {
    whole(*ttl, below(path, "ttlSeconds"), kTtlSecondsMax, policy.ttl_seconds.emplace());
  }
  return policy;
}

// What defaults and entries have in common. `entry` holds what is inherited.
void Reader::rules(const Json& value, const std::string& path, PolicyEntry& entry) {
  if (const Json* const member = value.find("decision")) {
    choice(*member, below(path, "decision"), entry.decision);
  }
  if (const Json* const member = value.find("riskTier")) {
    choice(*member, below(path, "riskTier"), entry.risk_tier);
  }
  if (const Json* const member = value.find("evidence")) {
    entry.evidence = evidence(*member, below(path, "evidence"));
  }
  if (const Json* const member = value.find("approvers")) {
    auto quorum = quorum_from_json(*member, below(path, "approvers"), &groups_);
    if (quorum) {
      entry.quorum = std::move(*quorum);
    } else {
      for (auto& field : quorum.error().fields) fault(field.path, field.message);
    }
  }
  if (const Json* const member = value.find("expiresAfter")) {
    duration(*member, below(path, "expiresAfter"), entry.expires_after);
  }
  if (const Json* const member = value.find("grantExpiresAfter")) {
    duration(*member, below(path, "grantExpiresAfter"), entry.grant_expires_after);
  }
  if (const Json* const member = value.find("maxAttempts")) {
    whole(*member, below(path, "maxAttempts"), kAttemptsMax, entry.max_attempts);
  }
  if (const Json* const member = value.find("safetyCritical")) {
    names(*member, below(path, "safetyCritical"), entry.safety_critical);
  }
  if (const Json* const member = value.find("description")) {
    text(*member, below(path, "description"), entry.description);
  }
  check_allow(entry, value, path);
}

// An allow has nobody to look: it must not leave open what was called safety-critical, and a guard
// that only a human could apply would be ignored.
void Reader::check_allow(const PolicyEntry& entry, const Json& value, const std::string& path) {
  if (entry.decision != PolicyDecision::allow) return;
  for (std::size_t i = 0; i < entry.safety_critical.size(); ++i) {
    const auto& name = entry.safety_critical[i];
    const bool is_pinned = std::any_of(
        entry.arguments.begin(), entry.arguments.end(),
        [&name](const auto& each) { return each.argument == name && is_pinning(each); });
    if (is_pinned) continue;
    impossible(below(below(path, "safetyCritical"), i),
               "is left open by an allow: pin \"" + name + "\" under match.arguments");
  }
  if (path == "defaults") return;  // There, they are for the entries to inherit.
  if (value.find("approvers") != nullptr) {
    impossible(below(path, "approvers"), "would be ignored: the decision is allow");
  }
  if (value.find("evidence") != nullptr && entry.evidence.required) {
    impossible(below(path, "evidence"), "would be ignored: the decision is allow");
  }
}

PolicyEntry Reader::entry(const Json& value, const std::string& path, const PolicyEntry& defaults) {
  PolicyEntry entry = defaults;
  entry.safety_critical.clear();
  entry.description.clear();
  const bool is_map =
      object(value, path,
             {"match", "decision", "riskTier", "evidence", "approvers", "expiresAfter",
              "grantExpiresAfter", "safetyCritical", "maxAttempts", "description"});
  if (!is_map) return entry;
  if (const Json* const member = value.find("match")) {
    match(*member, below(path, "match"), entry);
  } else {
    fault(below(path, "match"), "is missing");
  }
  rules(value, path, entry);
  return entry;
}

void Reader::match(const Json& value, const std::string& path, PolicyEntry& entry) {
  if (!object(value, path, {"tool", "kind", "arguments"})) return;
  if (const Json* const tool = value.find("tool")) {
    text(*tool, below(path, "tool"), entry.tool);
  } else {
    fault(below(path, "tool"), "is missing");
  }
  if (const Json* const kind = value.find("kind")) {
    choice(*kind, below(path, "kind"), entry.kind.emplace());
  }
  const Json* const conditions = value.find("arguments");
  if (conditions == nullptr) return;
  arguments(*conditions, below(path, "arguments"), entry);
  if (entry.kind == Kind::content) {
    impossible(below(path, "arguments"), "can never match: content has no arguments");
  }
}

void Reader::arguments(const Json& value, const std::string& path, PolicyEntry& entry) {
  if (!value.is_object()) return fault(path, "must be a map from argument to condition");
  for (const auto& [name, member] : value.members()) {
    auto condition =
        condition_from_json(name, member, below(path, name), ConditionNotation::typed_or_short);
    if (condition) {
      entry.arguments.push_back(std::move(*condition));
    } else {
      for (auto& field : condition.error().fields) fault(field.path, field.message);
    }
  }
}

void Reader::self_approval(const Json& value, Policy& policy) {
  policy.allows_self_approval = value == Json("allowed");
  if (!policy.allows_self_approval && value != Json("forbidden")) {
    fault("selfApproval", "must be one of forbidden allowed");
  }
}

Policy Reader::document(const Json& value) {
  Policy policy = default_policy();
  if (!object(value, {}, {"version", "defaults", "selfApproval", "tools"})) return policy;
  if (const Json* const version = value.find("version"); version == nullptr) {
    fault("version", "is missing");
  } else if (*version != Json(1)) {
    fault("version", "must be 1");
  }
  if (const Json* const defaults = value.find("defaults")) {
    const bool is_map =
        object(*defaults, "defaults",
               {"decision", "riskTier", "evidence", "approvers", "expiresAfter",
                "grantExpiresAfter", "safetyCritical", "maxAttempts", "description"});
    if (is_map) rules(*defaults, "defaults", policy.defaults);
  }
  if (const Json* const member = value.find("selfApproval")) self_approval(*member, policy);
  const Json* const tools = value.find("tools");
  if (tools == nullptr) return policy;
  if (!tools->is_array() || tools->items().size() > kEntriesMax) {
    fault("tools", "must be a list of at most " + std::to_string(kEntriesMax) + " entries");
    return policy;
  }
  for (std::size_t i = 0; i < tools->items().size(); ++i) {
    policy.entries.push_back(entry(tools->items()[i], below("tools", i), policy.defaults));
  }
  return policy;
}

Result<Policy> Reader::judge(Policy policy) && {
  if (faults_.empty() && contradictions_.empty()) return policy;
  const bool is_shape = !faults_.empty();
  auto& fields = is_shape ? faults_ : contradictions_;
  const FieldError& first = fields.front();
  std::string detail = "The policy cannot be accepted: ";
  detail.append(first.path.empty() ? "the document" : first.path).append(" ");
  detail.append(first.message).append(".");
  return Error{.code = is_shape ? Code::validation_error : Code::unprocessable,
               .detail = std::move(detail),
               .fields = std::move(fields)};
}

}  // namespace

Result<Policy> policy_from_json(const Json& document) {
  Reader reader;
  Policy policy = reader.document(document);
  return std::move(reader).judge(std::move(policy));
}

}  // namespace assent
