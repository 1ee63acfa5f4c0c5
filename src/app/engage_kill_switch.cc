#include "app/engage_kill_switch.h"

#include "base/text.h"
#include "store/state/kill_switches.h"

namespace assent::app {

Result<void> prepare(EngageKillSwitch& in, const Preparation&) {
  if (is_blank(in.reason)) return error_at(Code::validation_error, "reason", "must say why");
  if (in.tool.has_value() == (in.scope == KillScope::tool)) return {};
  return error_at(Code::validation_error, "tool",
                  in.tool ? "is for scope tool only" : "is required for scope tool");
}

Result<KillSwitchView> engage_kill_switch(store::Write& write, const EngageKillSwitch& in) {
  const Principal& by = write.caller().principal;
  const bool may_engage = in.scope == KillScope::global
                              ? by.has(Role::operator_)
                              : by.has(Role::admin) || by.has(Role::policy_admin);
  if (!may_engage) {
    return Error{Code::insufficient_permissions, "your roles do not allow a switch of this scope"};
  }
  if (TRY(store::engaged_kill_switches(write)).size() >= store::kEngagedMax) {
    return Error{Code::unprocessable, "100 kill switches are engaged already"};
  }
  const KillSwitch engaged{.id = write.make_id<KillSwitchId>(),
                           .scope = in.scope,
                           .tool = in.tool,
                           .reason = in.reason,
                           .engaged_by = by.id,
                           .engaged_at = write.now(),
                           .released_at = std::nullopt};
  TRY(record_switch(write, in.scope, engaged_event(engaged)));
  return view_of(engaged);
}

void describe(Fields& fields, EngageKillSwitch& in) {
  fields.field("scope", in.scope, "global (operators), tenant or tool");
  fields.field("tool", in.tool, "which tools; * stands for any run of characters",
               {.length_max = 256, .length_min = 1});
  fields.field("reason", in.reason, "why", {.length_max = 2000, .allows_newlines = true});
}

}  // namespace assent::app
