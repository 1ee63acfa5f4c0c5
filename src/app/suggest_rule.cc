#include "app/suggest_rule.h"

#include "app/request_parts.h"
#include "domain/sensitivity.h"
#include "store/state/approvals.h"
#include "store/state/policies.h"

namespace assent::app {

namespace {

// What the policy in force declares of this call's arguments.
Result<std::vector<std::string>> declared(const store::Read& read, const Approval& approval,
                                          const Json& arguments) {
  const auto policy = TRY(store::current_policy(read));
  const PolicyEntry& entry =
      *evaluate(*policy.policy, approval.kind, *approval.tool, arguments).entry;
  std::vector<std::string> names = entry.safety_critical;
  names.insert(names.end(), entry.sensitive.begin(), entry.sensitive.end());
  return names;
}

}  // namespace

Result<std::vector<ArgumentCondition>> suggested_constraints(const store::Read& read,
                                                             const Approval& approval,
                                                             const Json& arguments) {
  const auto names = TRY(declared(read, approval, arguments));
  std::vector<ArgumentCondition> constraints = literal_constraints(arguments);
  for (ArgumentCondition& condition : constraints) {
    if (sensitivity_of(condition.argument, names) != Sensitivity::none) continue;
    condition.type = ConditionType::any;
    condition.value = {};
  }
  return constraints;
}

Result<SuggestedRule> suggest_rule(const store::Read& read, const SuggestRule& in) {
  const Approval approval = TRY(store::approval(read, in.approval));
  if (!approval.tool) {
    return Error{Code::unprocessable, "only a tool call has a rule that would approve it"};
  }
  const Json subject = TRY(request_part(read, approval.request, "subject"));
  const Json* const arguments = subject.find("arguments");
  if (arguments == nullptr) return Error{Code::corrupt, "a tool call has no arguments"};
  auto constraints = TRY(suggested_constraints(read, approval, *arguments));
  const auto names = TRY(declared(read, approval, *arguments));
  SuggestedRule out{
      .tool = *approval.tool, .constraints = {}, .sensitivity = {}, .max_uses = std::nullopt};
  for (ArgumentCondition& condition : constraints) {
    out.sensitivity.value.set(condition.argument, word(sensitivity_of(condition.argument, names)));
    condition.value = redacted(condition.argument, condition.value);
  }
  out.constraints.value = to_json(constraints);
  if (approval.risk_tier >= RiskTier::high) out.max_uses = 1;
  return out;
}

void describe(Fields& fields, SuggestRule& in) {
  fields.path("id", in.approval, "the approval");
}

void describe(Fields& fields, SuggestedRule& out) {
  fields.field("tool", out.tool, "the tool");
  fields.field("constraints", out.constraints,
               "sensitive arguments pinned, others open; the values of secrets are not shown");
  fields.field("sensitivity", out.sensitivity, "declared, by_name or none, for each argument");
  fields.field("maxUses", out.max_uses, "the bound that the risk demands");
}

}  // namespace assent::app
