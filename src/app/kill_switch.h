// A kill switch as people see it, and what its verbs share.
#pragma once

#include "app/operation.h"
#include "domain/kill_switch.h"

#include <functional>
#include <optional>
#include <string>

namespace assent::app {

struct KillSwitchView {
  KillSwitchId id;
  KillScope scope = KillScope::tenant;
  std::optional<std::string> tool;
  std::string reason;
  PrincipalId engaged_by;
  Timestamp engaged_at;
  std::optional<Timestamp> released_at;
};
void describe(Fields& fields, KillSwitchView& view);
KillSwitchView view_of(const KillSwitch& found);

// Records the event in the caller's log, or for a global switch in every tenant's, in one commit.
Result<void> record_switch(store::Write& write, KillScope scope, const Event& event);

Event engaged_event(const KillSwitch& engaged);

}  // namespace assent::app
