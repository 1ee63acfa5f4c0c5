// Go on: a person releases a kill switch.
#pragma once

#include "app/kill_switch.h"

namespace assent::app {

struct ReleaseKillSwitch {
  KillSwitchId id;
  std::string reason;
};
void describe(Fields& fields, ReleaseKillSwitch& in);
Result<void> prepare(ReleaseKillSwitch& in, const Preparation& preparation);

struct ReleasedKillSwitch {
  KillSwitchView released;
  std::optional<Refused> refused;
};
void describe(Fields& fields, ReleasedKillSwitch& out);

Result<ReleasedKillSwitch> release_kill_switch(store::Write& write, const ReleaseKillSwitch& in);

}  // namespace assent::app
