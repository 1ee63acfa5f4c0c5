// A kill switch as people see it, and what its verbs share.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"
#include "domain/kill_switch.h"

#include <functional>
#include <optional>
#include <span>
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

// The engaged switch that stops what the approval is for, or nothing. A plan is stopped by one that
// means the action of any of its steps, as if that were a tool.
Result<std::optional<KillSwitch>> stopping_switch(const store::Read& read,
                                                  const Approval& approval);
Result<std::optional<KillSwitch>> stopping_plan(const store::Read& read,
                                                const std::string& ir_hash);

Event engaged_event(const KillSwitch& engaged);

}  // namespace assent::app
