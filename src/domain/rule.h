// Standing rules: what people approved in advance, and for which calls. Pure: told the time.
//
// A rule says yes where the policy says "a person", and only there: it beats no refusal of the
// policy, stands in for no evidence, and does nothing that the people who made it could not have
// done by hand. Its guards hold when it is made and again whenever it matches, because the policy
// may have become stricter since.
#pragma once

#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/approval.h"
#include "domain/condition.h"
#include "domain/policy.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

struct Rule {
  RuleId id;
  std::string tool;  // A name, not a pattern.
  std::vector<ArgumentCondition> constraints;
  std::optional<std::int64_t> max_uses;
  std::int64_t uses = 0;
  std::optional<Timestamp> expires_at;  // Equality is still in time.
  std::optional<std::string> description;
  PrincipalId created_by;
  std::vector<Role> created_roles;  // What its maker was, as of then.
  std::optional<ApprovalId> created_from;
  Timestamp created_at;
  std::optional<Timestamp> revoked_at;

  bool is_bounded() const { return max_uses.has_value() || expires_at.has_value(); }
};

enum class RuleStatus { active, revoked, expired, exhausted };
template <>
std::span<const std::string_view> words<RuleStatus>();
RuleStatus status_of(const Rule& rule, Timestamp now);

// Whether the call satisfies every constraint. An argument that no constraint names is not looked
// at; one that a constraint names and the call lacks fails, unless anything goes.
bool matches(const Rule& rule, std::string_view tool, const Json& arguments);

// exact 2, pattern 1, any 0, summed.
int specificity(const Rule& rule);

// Whether `a` goes before `b`: the more specific, then the bounded, then the newer, then the
// smaller id.
bool goes_before(const Rule& a, const Rule& b);

// A call that the policy leaves to people.
struct RuleQuestion {
  std::string_view tool;
  const Json& arguments;
  const PolicyEntry& entry;  // Which answered.
  const EvidencePolicy& evidence;
  PrincipalId requester;
  std::optional<PrincipalId> owner;  // The human behind the requester.
  bool allows_self_approval = false;
  Timestamp now;
};

// Which rule says yes, and why that one; or why none does. `why` names the best rule whose
// constraints fit even where something else keeps it from answering.
struct RuleAnswer {
  const Rule* rule = nullptr;  // Into the candidates.
  std::string why;
};
RuleAnswer choose_rule(std::span<const Rule> candidates, const RuleQuestion& question);

// What the policy has to say of all the calls that a rule might match.
struct RuleScope {
  RiskTier risk_tier = RiskTier::none;       // The highest.
  std::vector<std::string> safety_critical;  // Sorted.
  bool is_refused = false;                   // Every one of them, whatever a rule says.
};
RuleScope scope_of(const Policy& policy, std::string_view tool,
                   std::span<const ArgumentCondition> constraints);

// Refuses what may not become a rule: a pattern for a tool, what could never match, what matches
// everything for ever, and what high and critical risk demand: a narrow constraint and a bound.
// Code::unprocessable with the field's path.
Result<void> check_rule(const Rule& rule, const RuleScope& scope, Timestamp now);

// What is allowed and yet worth saying: safety-critical arguments that are left open, so that no
// call which has them will match.
std::vector<std::string> warnings(const Rule& rule, const RuleScope& scope);

// `{arg: {type, value}, …}` in the typed notation. Code::validation_error with paths below `path`.
Result<std::vector<ArgumentCondition>> constraints_from_json(const Json& value,
                                                             const std::string& path);

// Every argument as it is, whatever it looks like: `"*"` and `{"type": "any"}` are values.
std::vector<ArgumentCondition> literal_constraints(const Json& arguments);

// ---- finding ----
//
// Rules are found by what they pin: `shape` names the exactly constrained arguments, `pin` hashes
// their values. A call is looked up once for each shape that its tool's rules have.

std::string shape_of(std::span<const ArgumentCondition> constraints);  // `["a","b"]`
Hash pin_of(std::span<const ArgumentCondition> constraints);
// The pin of a call under a shape; nothing if it lacks one of the arguments. REQUIRES: a shape that
// shape_of() made; Code::corrupt otherwise.
Result<std::optional<Hash>> pin_of(std::string_view shape, const Json& arguments);

}  // namespace assent
