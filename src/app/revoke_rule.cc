#include "app/revoke_rule.h"

#include "app/suggestions.h"
#include "store/state/rules.h"

namespace assent::app {

Result<void> end_rule(store::Write& write, const Rule& rule,
                      const std::optional<std::string>& reason) {
  if (rule.revoked_at) return Error{Code::invalid_state, "the rule is revoked already"};
  Json data = Json::object({{"ruleId", rule.id.text()}, {"tool", rule.tool}});
  data.set_if("reason", reason);
  TRY(write.record(
      {.type = "rule.revoked", .subject = "rule/" + rule.id.text(), .data = std::move(data)}));
  return {};
}

Result<RevokedRule> revoke_rule(store::Write& write, const RevokeRule& in) {
  const Principal& by = write.caller().principal;
  Rule rule = TRY(store::rule(write, in.rule));
  if (by.type != PrincipalType::human) {
    return RevokedRule{.rule = {},
                       .refused = refused_as(Refusal::human_actor_required,
                                             Json::object({{"actorType", word(by.type)}}))};
  }
  TRY(end_rule(write, rule, in.reason));
  TRY(supersede_demotion(write, rule.id));
  rule.revoked_at = write.now();
  return RevokedRule{.rule = view_of(rule, write.now()), .refused = std::nullopt};
}

Json to_data(const RevokedRule& out) {
  return encode(out.rule);
}

void describe(Fields& fields, RevokeRule& in) {
  fields.path("id", in.rule, "the rule");
  fields.field("reason", in.reason, "why it no longer stands",
               {.length_max = 2000, .allows_newlines = true});
}

void describe(Fields& fields, RevokedRule& out) {
  describe(fields, out.rule);
}

}  // namespace assent::app
