// Policy: which tool calls are allowed, refused, or need which people on which evidence. Pure.
//
// A document is an ordered list of entries; the first whose match fits answers. No match means a
// human under the defaults, and what is not classified is high risk. An entry is made of what the
// defaults say, then what its risk tier says, then what it says itself; the last word counts.
#pragma once

#include "base/json.h"
#include "base/redact.h"
#include "base/result.h"
#include "domain/plan/catalogue.h"
#include "domain/policy_entry.h"
#include "domain/principal.h"
#include "domain/words.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace assent {

// What a request that names it starts from. Of the terms it has evidence, quorum and the expiries.
struct PolicyTemplate {
  PolicyTerms terms;
  std::string description;
};

// Who may act without approval in an emergency, and for how long such a grant lasts.
struct BreakGlass {
  std::vector<Role> roles = {Role::admin};
  std::chrono::seconds grant_expires_after = std::chrono::hours(1);  // At most 24 h.
};

// How long what is over is kept in the state tables; nothing: for ever. The log keeps everything.
struct Retention {
  std::optional<std::chrono::seconds> approvals = {};
  std::optional<std::chrono::seconds> rules = {};
  std::optional<std::chrono::seconds> obligations = {};  // Closed ones: an open one is never over.
};

// Who may emit events of some types: these principals (those of a group as of when the policy was
// read), and whoever has one of these roles.
struct Emitters {
  std::vector<PrincipalId> principals;  // Sorted, each once.
  std::vector<Role> roles;

  bool include(const Principal& principal) const;
};

// What emitted events of some types must bring, and whose they may be. It says one or both.
struct EmissionRule {
  std::string match;  // Glob over the event's type.
  std::optional<ProofDemand> proof;
  std::optional<Emitters> by;  // Nothing: it does not say.
};

// What was begun and is to be finished: emitted events whose outcome is pending.
struct Obligations {
  std::chrono::seconds due_after = std::chrono::hours(24);
};

// The numbers of entries by what stands before the first `*` of their tool, or of what they match,
// so that a name is compared only with entries whose beginning it has. Built once, when a policy is
// read.
class PolicyIndex {
 public:
  PolicyIndex() = default;
  explicit PolicyIndex(const std::vector<PolicyEntry>& entries);
  explicit PolicyIndex(const std::vector<EmissionRule>& rules);

  // The first entry, in the order of the policy, whose beginning `name` has and that `answers`.
  std::optional<std::size_t> first(std::string_view name,
                                   const std::function<bool(std::size_t)>& answers) const;
  std::size_t size() const { return size_; }

 private:
  void add(std::string_view glob);
  void finish();

  struct Hasher {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, std::vector<std::size_t>, Hasher, std::equal_to<>> by_beginning_;
  std::vector<std::size_t> lengths_;  // Of the beginnings, each once, ascending.
  std::size_t size_ = 0;
};

struct Policy {
  std::int64_t version = 1;  // The document format.
  // `tool` is empty: it answers where no entry does, as an entry that says nothing would.
  PolicyEntry defaults;
  bool allows_self_approval = false;
  std::vector<PolicyEntry> entries;  // What tiers and defaults add is in each already.
  PolicyIndex index;                 // Of `entries`.
  ApproverGroups groups;
  std::map<std::string, PolicyTemplate, std::less<>> templates;
  BreakGlass break_glass;
  Retention retention;
  PlanCatalogue plans;
  // What answers a plan that escalates, by its risk tier: what the defaults say, then the tier,
  // then `plans`. It names no tool and has no executor, and its grant lasts an hour unless the tier
  // or `plans` say otherwise, 24 hours at most.
  std::vector<PolicyEntry> plan_entries;
  // The same where a plan passes, and what answers one that is rejected.
  std::vector<PolicyEntry> plan_passes;
  PolicyEntry plan_refusal;
  Redactor redactor;  // Of what is emitted and of what executions say.
  std::vector<EmissionRule> emissions;
  PolicyIndex emission_index;  // Of `emissions`.
  Obligations obligations;
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

// What it demands of an emitted success of that type: the first of `emissions` that matches and
// says what proof it takes answers.
ProofDemand proof_demanded(const Policy& policy, std::string_view type);
// Whether the principal may emit events of that type, as far as the policy goes: the first of
// `emissions` that matches and says who answers, and where none does everybody may.
bool may_emit(const Policy& policy, std::string_view type, const Principal& principal);

// Why each entry before the answer did not match: one sentence an entry, in order, ending with
// the one that did. For `assent policy check`.
std::vector<std::string> explain(const Policy& policy, Kind kind, std::string_view tool,
                                 const Json& arguments);

// What is accepted but hardly meant: each entry that can never answer, because an earlier one
// answers whatever it would. Each sentence names both by their indexes. Never a false one; an entry
// that only several earlier ones cover together is not found. The last sentence says so where a
// document is so large and starry that not all of it was compared.
std::vector<std::string> warnings(const Policy& policy);

// The entry that answered as it is for a request that names a template, with all but evidence
// (domain/evidence_override.h). A template is the word of the policy's author, so it replaces what
// the defaults say; where an entry was written for this very request it may only add: its approvers
// count if they are at least as strict, and of two expiries the earlier.
PolicyEntry under_template(const PolicyAnswer& answer, const PolicyTemplate& from);

}  // namespace assent
