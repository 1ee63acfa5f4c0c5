#include "app/kill_switch.h"

#include "app/plan_judgement.h"
#include "store/state/kill_switches.h"
#include "store/state/policies.h"
#include "store/tenants.h"

#include <algorithm>

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
  return stopping_plan(read, approval.content_hash);
}

Result<std::optional<KillSwitch>> stopping_plan(const store::Read& read,
                                                const std::string& ir_hash) {
  const auto engaged = TRY(store::engaged_kill_switches(read));
  const KillSwitch* found = stopping(engaged, std::nullopt);
  const bool is_about_tools =
      std::any_of(engaged.begin(), engaged.end(),
                  [](const KillSwitch& each) { return each.scope == KillScope::tool; });
  if (found == nullptr && is_about_tools) {
    const PlanJudgement plan = TRY(judgement_of(ir_hash, TRY(store::current_policy(read))));
    for (const std::string& action : plan.actions) {
      if (found == nullptr) found = stopping(engaged, action);
    }
  }
  return found == nullptr ? std::optional<KillSwitch>() : std::optional(*found);
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
