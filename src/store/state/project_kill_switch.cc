#include "domain/kill_switch.h"
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kEngage = R"sql(
  INSERT INTO kill_switches (tenant, id, scope, tool, reason, engaged_by, engaged_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kRelease = R"sql(
  UPDATE kill_switches
     SET released_at = $3
   WHERE tenant = $1 AND id = $2 AND released_at IS NULL)sql";

}  // namespace

Result<void> project_kill_switch_engaged(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<KillSwitchId>("killSwitchId");
  const auto scope = fields.as_word<KillScope>("scope");
  const auto tool = fields.optional_text("tool");
  const auto reason = fields.text("reason");
  if (tool.has_value() != (scope == KillScope::tool)) fields.spoil("tool");
  TRY(fields.finish());
  const auto by = TRY(acting_principal(fact));
  return require_one(
      fact, TRY(connection.run(kEngage, {fact.tenant, bytes_of(id), word(scope), nullable(tool),
                                         reason, bytes_of(by), to_microseconds(fact.time)})));
}

Result<void> project_kill_switch_released(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<KillSwitchId>("killSwitchId");
  TRY(fields.finish());
  return require_one(
      fact, TRY(connection.run(kRelease, {fact.tenant, bytes_of(id), to_microseconds(fact.time)})));
}

}  // namespace assent::store
