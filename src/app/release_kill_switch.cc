#include "app/release_kill_switch.h"

#include "base/text.h"
#include "store/state/kill_switches.h"

namespace assent::app {

Result<void> prepare(ReleaseKillSwitch& in, const Preparation&) {
  if (is_blank(in.reason)) return error_at(Code::validation_error, "reason", "must say why");
  return {};
}

Result<ReleasedKillSwitch> release_kill_switch(store::Write& write, const ReleaseKillSwitch& in) {
  const Principal& by = write.caller().principal;
  KillSwitch found = TRY(store::kill_switch(write, in.id));
  const bool may_release = found.scope == KillScope::global
                               ? by.has(Role::operator_)
                               : by.has(Role::admin) || by.has(Role::policy_admin);
  if (!may_release) {
    return Error{Code::insufficient_permissions, "your roles do not allow a switch of this scope"};
  }
  // A circuit breaker may open by itself; that it is safe again is a person's word.
  if (by.type != PrincipalType::human) {
    return ReleasedKillSwitch{.released = {},
                              .refused = refused_as(Refusal::human_actor_required,
                                                    Json::object({{"actorType", word(by.type)}}))};
  }
  if (found.released_at) return Error{Code::invalid_state, "the kill switch is released already"};
  TRY(record_switch(write, found.scope,
                    {.type = "killswitch.released",
                     .subject = "killswitch/" + found.id.text(),
                     .data = Json::object({{"killSwitchId", found.id.text()},
                                           {"scope", word(found.scope)},
                                           {"reason", in.reason}})}));
  found.released_at = write.now();
  return ReleasedKillSwitch{.released = view_of(found), .refused = std::nullopt};
}

void describe(Fields& fields, ReleaseKillSwitch& in) {
  fields.path("id", in.id, "the switch");
  fields.field("reason", in.reason, "why", {.length_max = 2000, .allows_newlines = true});
}

void describe(Fields& fields, ReleasedKillSwitch& out) {
  describe(fields, out.released);
}

}  // namespace assent::app
