#include "app/check_policy.h"

#include "store/state/policies.h"

#include <memory>

namespace assent::app {

namespace {

constexpr std::size_t kDocumentBytesMax = 256 * 1024;

// The policy to ask: the draft, or the one in force.
Result<store::CurrentPolicy> policy_to_check(const store::Read& read, const CheckPolicy& in) {
  if (!in.document) return store::current_policy(read);
  auto draft = TRY(policy_from_yaml(*in.document));
  return store::CurrentPolicy{
      .version = 0, .sha256 = "", .policy = std::make_shared<const Policy>(std::move(draft))};
}

}  // namespace

Result<PolicyVerdict> check_policy(const store::Read& read, const CheckPolicy& in) {
  const auto current = TRY(policy_to_check(read, in));
  const Kind kind = in.kind.value_or(Kind::tool_call);
  if (kind == Kind::plan) {
    return error_at(Code::validation_error, "kind",
                    "must be tool_call or content: plans are validated (/v1/ir/validate)");
  }
  if (kind == Kind::tool_call && !in.tool) {
    return Error{Code::validation_error, "tool is required", {{"tool", "is required"}}};
  }
  const std::string name = kind == Kind::tool_call ? *in.tool : in.type.value_or("content");
  const Json arguments = in.arguments ? in.arguments->value : Json::object();
  const PolicyAnswer answer = evaluate(*current.policy, kind, name, arguments);
  const PolicyEntry& entry = *answer.entry;
  PolicyVerdict verdict{.decision = entry.decision,
                        .risk_tier = entry.risk_tier,
                        .why = answer.why,
                        .entry = std::nullopt,
                        .policy_version = current.version,
                        .approvers = to_json(entry.quorum),
                        .evidence = {to_json(entry.evidence)},
                        .expires_after_seconds = entry.expires_after.count(),
                        .considered = explain(*current.policy, kind, name, arguments),
                        .warnings = warnings(*current.policy)};
  if (answer.index) verdict.entry = static_cast<std::int64_t>(*answer.index);
  return verdict;
}

void describe(Fields& fields, CheckPolicy& in) {
  fields.field("kind", in.kind, "tool_call (default) or content");
  fields.field("tool", in.tool, "the tool's name", {.length_max = 256, .length_min = 1});
  fields.field("type", in.type, "the kind of content", {.length_max = 100});
  fields.field("arguments", in.arguments, "the arguments");
  fields.field("document", in.document, "a draft to ask instead of the policy in force",
               {.length_max = kDocumentBytesMax, .allows_newlines = true});
}

void describe(Fields& fields, PolicyVerdict& out) {
  fields.field("decision", out.decision, "allow, human or reject");
  fields.field("riskTier", out.risk_tier, "how risky");
  fields.field("why", out.why, "which entry answered");
  fields.field("entry", out.entry, "its index from 0; absent: the defaults");
  fields.field("policyVersion", out.policy_version, "the version asked; 0 for a draft");
  fields.field("approvers", out.approvers, "who must approve");
  fields.field("evidence", out.evidence, "which evidence is needed");
  fields.field("expiresAfterSeconds", out.expires_after_seconds, "how long people have");
  fields.field("considered", out.considered, "every entry looked at, and why it did not match");
  fields.field("warnings", out.warnings, "entries that are never reached, each with what hides it");
}

}  // namespace assent::app
