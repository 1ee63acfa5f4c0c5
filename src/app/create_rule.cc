#include "app/create_rule.h"

#include "app/request_parts.h"
#include "app/suggestions.h"
#include "store/state/policies.h"
#include "store/state/rules.h"

namespace assent::app {

namespace {

Event created_event(const Rule& rule, const std::optional<SuggestionId>& suggestion) {
  Json roles = Json::array();
  for (const Role role : rule.created_roles) roles.push(word(role));
  Json data = Json::object({{"ruleId", rule.id.text()},
                            {"tool", rule.tool},
                            {"constraints", to_json(rule.constraints)},
                            {"createdBy", rule.created_by.text()},
                            {"roles", std::move(roles)}});
  data.set_if("maxUses", rule.max_uses);
  if (rule.expires_at) data.set("expiresAt", to_rfc3339(*rule.expires_at));
  data.set_if("description", rule.description);
  if (rule.created_from) data.set("createdFrom", rule.created_from->text());
  if (suggestion) data.set("createdBySuggestion", suggestion->text());
  return {.type = "rule.created", .subject = "rule/" + rule.id.text(), .data = std::move(data)};
}

// What an approve call may say of the rule it wants.
struct Wish {
  std::optional<JsonObject> constraints;
  std::optional<bool> suggested;
  std::optional<std::int64_t> max_uses;
  std::optional<Timestamp> expires_at;
  std::optional<std::string> description;
};

void describe(Fields& fields, Wish& wish) {
  fields.field("constraints", wish.constraints, "instead of the call's own arguments");
  fields.field("suggested", wish.suggested, "take the suggested constraints");
  describe_bounds(fields, wish.max_uses, wish.expires_at, wish.description);
}

// The same fault, where the caller of approve wrote it.
Error in_wish(Error error) {
  for (FieldError& field : error.fields) field.path = "createRule." + field.path;
  return error;
}

Result<Wish> wish_from(const Json& json) {
  Wish wish;
  if (json == Json(true)) return wish;
  if (!json.is_object()) {
    return error_at(Code::validation_error, "createRule", "must be true or an object");
  }
  auto decoded = decode(Source{.path = {}, .query = {}, .body = &json}, wish);
  if (!decoded) return in_wish(std::move(decoded).error());
  if (wish.constraints && wish.suggested == true) {
    return error_at(Code::validation_error, "createRule.suggested",
                    "is not for a rule whose constraints are given");
  }
  return wish;
}

}  // namespace

void describe_bounds(Fields& fields, std::optional<std::int64_t>& max_uses,
                     std::optional<Timestamp>& expires_at,
                     std::optional<std::string>& description) {
  fields.field("maxUses", max_uses, "how many calls it may approve",
               {.min = 1, .max = 1'000'000'000});
  fields.field("expiresAt", expires_at, "until when it approves");
  fields.field("description", description, "what it is for",
               {.length_max = 2000, .allows_newlines = true});
}

Result<CreatedRule> make_rule(store::Write& write, RuleDraft draft) {
  const Principal& by = write.caller().principal;
  const Rule rule{.id = write.make_id<RuleId>(),
                  .tool = std::move(draft.tool),
                  .constraints = std::move(draft.constraints),
                  .max_uses = draft.max_uses,
                  .expires_at = draft.expires_at,
                  .description = std::move(draft.description),
                  .created_by = by.id,
                  .created_roles = by.roles,
                  .created_from = draft.created_from,
                  .created_at = write.now(),
                  .revoked_at = std::nullopt};
  const auto policy = TRY(store::current_policy(write));
  const RuleScope scope = scope_of(*policy.policy, rule.tool, rule.constraints);
  TRY(check_rule(rule, scope, write.now()));
  TRY(store::check_room(write, rule));
  TRY(write.record(created_event(rule, draft.suggestion)));
  TRY(supersede_covered(write, rule, draft.suggestion));
  return CreatedRule{.rule = view_of(rule, write.now()),
                     .warnings = warnings(rule, scope),
                     .refused = std::nullopt};
}

Result<CreatedRule> create_rule(store::Write& write, const CreateRule& in) {
  const Principal& by = write.caller().principal;
  if (by.type != PrincipalType::human) {
    return CreatedRule{.rule = {},
                       .warnings = {},
                       .refused = refused_as(Refusal::human_actor_required,
                                             Json::object({{"actorType", word(by.type)}}))};
  }
  auto constraints = TRY(constraints_from_json(in.constraints, "constraints"));
  return make_rule(write, {.tool = in.tool,
                           .constraints = std::move(constraints),
                           .max_uses = in.max_uses,
                           .expires_at = in.expires_at,
                           .description = in.description,
                           .created_from = std::nullopt});
}

Result<CreatedRule> create_rule_from(store::Write& write, const Approval& approval,
                                     const Json& wish_json) {
  const Wish wish = TRY(wish_from(wish_json));
  if (!approval.tool) {
    return error_at(Code::unprocessable, "createRule", "is for tool calls");
  }
  const Json subject = TRY(request_part(write, approval.request, "subject"));
  const Json* const arguments = subject.find("arguments");
  if (arguments == nullptr) return Error{Code::corrupt, "a tool call has no arguments"};
  RuleDraft draft{.tool = *approval.tool,
                  .constraints = literal_constraints(*arguments),
                  .max_uses = wish.max_uses,
                  .expires_at = wish.expires_at,
                  .description = wish.description,
                  .created_from = approval.id};
  if (wish.constraints) {
    draft.constraints =
        TRY(constraints_from_json(wish.constraints->value, "createRule.constraints"));
  } else if (wish.suggested == true) {
    draft.constraints = TRY(suggested_constraints(write, approval, *arguments));
  }
  const bool is_bounded = draft.max_uses || draft.expires_at;
  if (!is_bounded && approval.risk_tier >= RiskTier::high) draft.max_uses = 1;
  auto made = make_rule(write, std::move(draft));
  if (!made) return in_wish(std::move(made).error());
  return made;
}

Json to_data(const CreatedRule& out) {
  Json data = encode(out.rule);
  Json said = Json::array();
  for (const std::string& warning : out.warnings) said.push(warning);
  data.set("warnings", std::move(said));
  return data;
}

void describe(Fields& fields, CreateRule& in) {
  fields.field("tool", in.tool, "the tool's name, exactly", {.length_max = 256, .length_min = 1});
  fields.field("constraints", in.constraints,
               "{argument: {type: exact, pattern or any, value}}: what its calls must look like");
  describe_bounds(fields, in.max_uses, in.expires_at, in.description);
}

void describe(Fields& fields, CreatedRule& out) {
  describe(fields, out.rule);
  fields.field("warnings", out.warnings, "what is allowed and yet worth knowing");
}

}  // namespace assent::app
