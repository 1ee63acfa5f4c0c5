#include "base/canonical.h"
#include "domain/rule.h"
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kInsert = R"sql(
  INSERT INTO rules (tenant, id, tool, constraints, shape, pin, max_uses, uses, expires_at,
                     description, created_by, created_roles, created_from, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, $12, $13)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kRevoke = R"sql(
  UPDATE rules
     SET revoked_at = $3
   WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL)sql";

// One use, if one is left: whatever else a rule must be for it to count is compared here too.
constexpr std::string_view kUse = R"sql(
  UPDATE rules
     SET uses = uses + 1
   WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL
     AND (max_uses IS NULL OR uses < max_uses)
     AND (expires_at IS NULL OR expires_at >= $3)
     AND tool = (SELECT approvals.tool
                   FROM approvals
                  WHERE approvals.tenant = $1 AND approvals.id = $4))sql";

constexpr std::string_view kName = R"sql(
  UPDATE approvals
     SET rule = $3
   WHERE tenant = $1 AND id = $2)sql";

}  // namespace

Result<void> project_rule_created(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<RuleId>("ruleId");
  const auto tool = fields.text("tool");
  auto constraints = constraints_from_json(fields.any("constraints"), "constraints");
  if (!constraints) fields.spoil("constraints");
  const auto max_uses = fields.optional_integer("maxUses");
  const auto expires_at = fields.optional_time("expiresAt");
  const auto description = fields.optional_text("description");
  const auto by = fields.id<PrincipalId>("createdBy");
  const auto roles = fields.word_list<Role>("roles");
  const auto from = fields.optional_id<ApprovalId>("createdFrom");
  TRY(fields.finish());

  const std::string text = canonical_json(to_json(*constraints));
  const std::string shape = shape_of(*constraints);
  const Hash pin = pin_of(*constraints);
  return require_one(
      fact, TRY(connection.run(
                kInsert, {fact.tenant, bytes_of(id), tool, text, shape, Bytes{as_bytes(pin)},
                          nullable(max_uses), nullable_time(expires_at), nullable(description),
                          bytes_of(by), roles, nullable_bytes(from), to_microseconds(fact.time)})));
}

Result<void> project_rule_revoked(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<RuleId>("ruleId");
  TRY(fields.finish());
  return require_one(
      fact, TRY(connection.run(kRevoke, {fact.tenant, bytes_of(id), to_microseconds(fact.time)})));
}

Result<void> use_rule(Connection& connection, const Fact& fact, const RuleId& rule,
                      const ApprovalId& approval) {
  TRY(require_one(fact,
                  TRY(connection.run(kUse, {fact.tenant, bytes_of(rule), to_microseconds(fact.time),
                                            bytes_of(approval)}))));
  return require_one(fact,
                     TRY(connection.run(kName, {fact.tenant, bytes_of(approval), bytes_of(rule)})));
}

}  // namespace assent::store
