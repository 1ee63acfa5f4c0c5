// A person approves calls in advance: by itself, or together with the approval of the first.
#pragma once

#include "app/operation.h"
#include "app/rule_view.h"
#include "domain/approval.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct CreateRule {
  std::string tool;
  Json constraints = Json::object();
  std::optional<std::int64_t> max_uses;
  std::optional<Timestamp> expires_at;
  std::optional<std::string> description;
};
void describe(Fields& fields, CreateRule& in);

struct CreatedRule {
  RuleView rule;
  std::vector<std::string> warnings;
  std::optional<Refused> refused;
};
Json to_data(const CreatedRule& out);
void describe(Fields& fields, CreatedRule& out);

Result<CreatedRule> create_rule(store::Write& write, const CreateRule& in);

// What every way of making a rule has in common. The caller is its maker.
struct RuleDraft {
  std::string tool;
  std::vector<ArgumentCondition> constraints;
  std::optional<std::int64_t> max_uses;
  std::optional<Timestamp> expires_at;
  std::optional<std::string> description;
  std::optional<ApprovalId> created_from;
  std::optional<SuggestionId> suggestion = std::nullopt;  // That it confirms.
};
// The fields of an In that bound a rule.
void describe_bounds(Fields& fields, std::optional<std::int64_t>& max_uses,
                     std::optional<Timestamp>& expires_at, std::optional<std::string>& description);

// Checks and records it, and ends the suggestions that it covers. The refusals of check_rule() and
// check_room(). REQUIRES: a human.
Result<CreatedRule> make_rule(store::Write& write, RuleDraft draft);

// The wish of an approve call: `true`, or `{constraints?, suggested?, maxUses?, expiresAt?,
// description?}`. Without constraints every argument of the approved call is taken as it is, and
// where the risk is high and nothing bounds the rule, it is good for one more call.
Result<CreatedRule> create_rule_from(store::Write& write, const Approval& approval,
                                     const Json& wish);

}  // namespace assent::app
