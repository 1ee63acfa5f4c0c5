// Kill switches, as the state tables have them. Everything here is of the reader's tenant; errors
// as in approvals.h.
#pragma once

#include "base/result.h"
#include "domain/kill_switch.h"
#include "store/read.h"

#include <optional>
#include <string_view>
#include <vector>

namespace assent::store {

// The most that one tenant may have engaged at once: every start and decision looks at them.
inline constexpr std::size_t kEngagedMax = 100;

Result<KillSwitch> kill_switch(const Read& read, const KillSwitchId& id);
// Newest first; released ones too.
Result<std::vector<KillSwitch>> kill_switches(const Read& read);
Result<std::vector<KillSwitch>> engaged_kill_switches(const Read& read);

// The engaged one that stops a call of `tool` (nothing: an approval of content).
Result<std::optional<KillSwitch>> stopping_kill_switch(const Read& read,
                                                       std::optional<std::string_view> tool);

}  // namespace assent::store
