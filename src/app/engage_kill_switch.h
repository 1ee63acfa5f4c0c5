// Stop: from this commit on nothing starts and nothing is approved that the switch means. What has
// started is left alone, and the record of it stays true.
#pragma once

#include "app/kill_switch.h"

namespace assent::app {

struct EngageKillSwitch {
  KillScope scope = KillScope::tenant;
  std::optional<std::string> tool;
  std::string reason;
};
void describe(Fields& fields, EngageKillSwitch& in);
Result<void> prepare(EngageKillSwitch& in, const Preparation& preparation);

Result<KillSwitchView> engage_kill_switch(store::Write& write, const EngageKillSwitch& in);

}  // namespace assent::app
