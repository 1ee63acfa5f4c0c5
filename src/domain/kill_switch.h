// Kill switches: nothing starts and nothing is approved while one that is meant is engaged. Pure.
#pragma once

#include "base/id.h"
#include "base/time.h"
#include "domain/words.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assent {

// `global` is an operator's, for every tenant of the store.
enum class KillScope { global, tenant, tool };
template <>
std::span<const std::string_view> words<KillScope>();

struct KillSwitch {
  KillSwitchId id;
  KillScope scope = KillScope::tenant;
  std::optional<std::string> tool;  // A glob, for scope tool.
  std::string reason;
  PrincipalId engaged_by;
  Timestamp engaged_at;
  std::optional<Timestamp> released_at;
};

// The switch that stops a call of `tool` (nothing: an approval of content, which only the wider
// scopes stop), or null.
const KillSwitch* stopping(std::span<const KillSwitch> engaged,
                           std::optional<std::string_view> tool);

// `kill switch ksw_… (tool db.*) is engaged`.
std::string title_of(const KillSwitch& engaged);

}  // namespace assent
