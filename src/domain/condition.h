// Conditions on the arguments of a tool call: what policy entries and standing rules are made of.
// Pure.
#pragma once

#include "base/json.h"
#include "base/result.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

enum class ConditionType { exact, pattern, any };

// One condition on a top-level argument. exact is type-strict JSON equality (1 is neither 1.0 nor
// true nor "1"); pattern is a glob over strings only, whole value; any needs nothing, not even
// presence.
struct ArgumentCondition {
  std::string argument;
  ConditionType type = ConditionType::exact;
  Json value;

  friend bool operator==(const ArgumentCondition&, const ArgumentCondition&) = default;
};

// REQUIRES: `arguments` is an object.
bool fits(const ArgumentCondition& condition, const Json& arguments);

// How much it says: exact 2, pattern 1, any 0. A pattern of nothing but `*` says no more than any.
int specificity(const ArgumentCondition& condition);

// Whether it leaves no more than what somebody wrote down.
inline bool is_pinning(const ArgumentCondition& condition) {
  return specificity(condition) > 0;
}

// `{type: exact, value: v}`, `{type: pattern, value: "glob"}`, `{type: any}`. A policy may also
// write `{exact: v}`, `{pattern: "glob"}`, `{any: true}`. A bare value is refused in both: whether
// `"*"` is a text or a pattern must never be a guess.
enum class ConditionNotation { typed, typed_or_short };

// Code::validation_error with the path of the fault at or below `path`.
Result<ArgumentCondition> condition_from_json(std::string_view argument, const Json& value,
                                              const std::string& path, ConditionNotation notation);

// `{argument: {type, value?}, …}`, the typed notation.
Json to_json(std::span<const ArgumentCondition> conditions);

}  // namespace assent
