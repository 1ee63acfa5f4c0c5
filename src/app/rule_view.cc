#include "app/rule_view.h"

namespace assent::app {

RuleView view_of(const Rule& rule, Timestamp now) {
  return {.id = rule.id,
          .tool = rule.tool,
          .constraints = {to_json(rule.constraints)},
          .status = status_of(rule, now),
          .uses = rule.uses,
          .max_uses = rule.max_uses,
          .expires_at = rule.expires_at,
          .description = rule.description,
          .created_by = rule.created_by,
          .created_from = rule.created_from,
          .created_at = rule.created_at,
          .revoked_at = rule.revoked_at};
}

void describe(Fields& fields, RuleView& view) {
  fields.field("id", view.id, "the rule");
  fields.field("tool", view.tool, "the tool that it is about");
  fields.field("constraints", view.constraints, "what its calls must look like");
  fields.field("status", view.status, "active, revoked, expired or exhausted");
  fields.field("uses", view.uses, "calls approved so far");
  fields.field("maxUses", view.max_uses, "how many it may approve");
  fields.field("expiresAt", view.expires_at, "until when it approves");
  fields.field("description", view.description, "what it is for");
  fields.field("createdBy", view.created_by, "who made it");
  fields.field("createdFrom", view.created_from, "the approval it was made from");
  fields.field("createdAt", view.created_at, "the commit's time");
  fields.field("revokedAt", view.revoked_at, "the commit's time");
}

}  // namespace assent::app
