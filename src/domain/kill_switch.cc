#include "domain/kill_switch.h"

#include "base/text.h"

#include <array>

namespace assent {

template <>
std::span<const std::string_view> words<KillScope>() {
  static constexpr std::array<std::string_view, 3> kWords = {"global", "tenant", "tool"};
  return kWords;
}

const KillSwitch* stopping(std::span<const KillSwitch> engaged,
                           std::optional<std::string_view> tool) {
  for (const KillSwitch& each : engaged) {
    if (each.released_at) continue;
    if (each.scope != KillScope::tool) return &each;
    if (tool && each.tool && matches_glob(*each.tool, *tool)) return &each;
  }
  return nullptr;
}

std::string title_of(const KillSwitch& engaged) {
  std::string text = "kill switch " + engaged.id.text() + " (" + std::string(word(engaged.scope));
  if (engaged.tool) text += " " + *engaged.tool;
  return text + ") is engaged";
}

}  // namespace assent
