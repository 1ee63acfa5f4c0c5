#include "store/state/kill_switches.h"

#include "store/state/row.h"

namespace assent::store {
namespace {

constexpr std::string_view kOne = R"sql(
  SELECT id, scope, tool, reason, engaged_by, engaged_at, released_at
    FROM kill_switches
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kAll = R"sql(
  SELECT id, scope, tool, reason, engaged_by, engaged_at, released_at
    FROM kill_switches
   WHERE tenant = $1
   ORDER BY id DESC)sql";

constexpr std::string_view kEngaged = R"sql(
  SELECT id, scope, tool, reason, engaged_by, engaged_at, released_at
    FROM kill_switches
   WHERE tenant = $1 AND released_at IS NULL
   ORDER BY id)sql";

Result<KillSwitch> kill_switch_from(const Rows& rows) {
  RowReader row(rows, "kill_switches");
  KillSwitch found{.id = row.id<KillSwitchId>(0),
                   .scope = row.as_word<KillScope>(1),
                   .tool = row.optional_text(2),
                   .reason = row.text(3),
                   .engaged_by = row.id<PrincipalId>(4),
                   .engaged_at = row.time(5),
                   .released_at = row.optional_time(6)};
  TRY(row.finish());
  return found;
}

Result<std::vector<KillSwitch>> all_of(const Read& read, std::string_view sql) {
  std::vector<KillSwitch> found;
  const auto rows = TRY(read.connection().query(sql, {read.tenant_key()}));
  while (TRY(rows->next())) found.push_back(TRY(kill_switch_from(*rows)));
  return found;
}

}  // namespace

Result<KillSwitch> kill_switch(const Read& read, const KillSwitchId& id) {
  const auto rows = TRY(read.connection().query(kOne, {read.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return Error{Code::not_found, "There is no such kill switch."};
  return kill_switch_from(*rows);
}

Result<std::vector<KillSwitch>> kill_switches(const Read& read) {
  return all_of(read, kAll);
}

Result<std::vector<KillSwitch>> engaged_kill_switches(const Read& read) {
  return all_of(read, kEngaged);
}

Result<std::optional<KillSwitch>> stopping_kill_switch(const Read& read,
                                                       std::optional<std::string_view> tool) {
  const auto engaged = TRY(engaged_kill_switches(read));
  const KillSwitch* const found = stopping(engaged, tool);
  return found == nullptr ? std::optional<KillSwitch>() : std::optional(*found);
}

}  // namespace assent::store
