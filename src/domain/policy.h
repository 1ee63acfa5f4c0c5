// Policy: which tool calls are allowed, refused, or need which people on which evidence. Pure.
//
// A document is an ordered list of entries; the first whose match fits answers. No match means a
// human under the defaults, and what is not classified is high risk.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "domain/condition.h"
#include "domain/evidence.h"
#include "domain/quorum.h"
#include "domain/words.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

struct PolicyEntry {
  std::string tool;          // Glob: `*` is any run of characters.
  std::optional<Kind> kind;  // Nothing: tool calls. `content` entries match kind content by `type`.
  std::vector<ArgumentCondition> arguments;
  PolicyDecision decision = PolicyDecision::human;
  RiskTier risk_tier = RiskTier::high;
  EvidencePolicy evidence;
  Quorum quorum;
  std::chrono::seconds expires_after{};
  std::chrono::seconds grant_expires_after{};
  std::vector<std::string> safety_critical;
  std::int64_t max_attempts = 3;
  std::string description;
};

struct Policy {
  std::int64_t version = 1;  // The document format.
  PolicyEntry defaults;      // `tool` is empty: it answers where no entry does.
  bool allows_self_approval = false;
  std::vector<PolicyEntry> entries;
};

// What the policy says to one request, and why.
struct PolicyAnswer {
  const PolicyEntry* entry = nullptr;  // Into the policy. Never null.
  std::optional<std::size_t> index;    // Of the entry; nothing: the defaults answered.
  std::string why;  // "policy entry 3 (fs.delete) requires a person", "no policy entry matches …".
};

// The document in YAML 1.2 (or JSON, which is YAML). Strict: unknown keys, duplicate keys, wrong
// types, anchors/aliases, several documents and more than 1,000 entries are refused with paths.
Result<Policy> policy_from_yaml(std::string_view text);

// The same from a document already read, which is what policy_from_yaml does with it. Every fault
// is listed in `fields`, up to a few: Code::validation_error for the shape, Code::unprocessable
// for a document of the right shape whose meaning is impossible.
Result<Policy> policy_from_json(const Json& document);

// What a tenant has before anyone put a policy: humans decide everything, high risk, 48 h.
Policy default_policy();

// First match wins. `arguments` must be an object for kind tool_call.
PolicyAnswer evaluate(const Policy& policy, Kind kind, std::string_view tool,
                      const Json& arguments);

// Why each entry before the answer did not match: one sentence an entry, in order, ending with
// the one that did. For `assent policy check`.
std::vector<std::string> explain(const Policy& policy, Kind kind, std::string_view tool,
                                 const Json& arguments);

}  // namespace assent
