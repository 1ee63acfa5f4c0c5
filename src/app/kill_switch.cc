#include "app/kill_switch.h"

#include "app/request_parts.h"
#include "store/state/kill_switches.h"
#include "store/tenants.h"

namespace assent::app {

KillSwitchView view_of(const KillSwitch& found) {
  return {.id = found.id,
          .scope = found.scope,
          .tool = found.tool,
          .reason = found.reason,
          .engaged_by = found.engaged_by,
          .engaged_at = found.engaged_at,
          .released_at = found.released_at};
}

Result<void> record_switch(store::Write& write, KillScope scope, const Event& event) {
  if (scope != KillScope::global) {
    TRY(write.record(event));
    return {};
  }
  for (Tenant& tenant : TRY(store::all_tenants(write))) {
    Caller operator_there = write.caller();
    operator_there.tenant = std::move(tenant);
    store::Write there = TRY(write.as(operator_there));
    TRY(there.record(event));
  }
  return {};
}

Result<std::optional<KillSwitch>> stopping_switch(const store::Read& read,
                                                  const Approval& approval) {
  if (approval.kind != Kind::plan) return store::stopping_kill_switch(read, approval.tool);
  const auto engaged = TRY(store::engaged_kill_switches(read));
  if (engaged.empty()) return std::optional<KillSwitch>();
  return stopping_plan(engaged, TRY(request_part(read, approval.request, "subject")));
}

std::optional<KillSwitch> stopping_plan(std::span<const KillSwitch> engaged, const Json& plan) {
  const KillSwitch* found = stopping(engaged, std::nullopt);
  const Json* const steps = plan.find("steps");
  if (steps != nullptr && steps->is_array()) {
    for (const Json& step : steps->items()) {
      if (found == nullptr) found = stopping(engaged, step.string_at("action"));
    }
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

Event engaged_event(const KillSwitch& engaged) {
  Json data = Json::object({{"killSwitchId", engaged.id.text()},
                            {"scope", word(engaged.scope)},
                            {"reason", engaged.reason}});
  data.set_if("tool", engaged.tool);
  return {.type = "killswitch.engaged",
          .subject = "killswitch/" + engaged.id.text(),
          .data = std::move(data)};
}

void describe(Fields& fields, KillSwitchView& view) {
  fields.field("id", view.id, "the switch");
  fields.field("scope", view.scope, "global, tenant or tool");
  fields.field("tool", view.tool, "which tools");
  fields.field("reason", view.reason, "why it was engaged");
  fields.field("engagedBy", view.engaged_by, "by whom");
  fields.field("engagedAt", view.engaged_at, "the commit's time");
  fields.field("releasedAt", view.released_at, "the commit's time");
}

}  // namespace assent::app
