#include "app/list_kill_switches.h"

#include "store/state/kill_switches.h"

#include <array>

namespace assent {

template <>
std::span<const std::string_view> words<app::SwitchStatus>() {
  static constexpr std::array<std::string_view, 2> kWords = {"engaged", "released"};
  return kWords;
}

}  // namespace assent

namespace assent::app {

Result<KillSwitchList> list_kill_switches(const store::Read& read, const ListKillSwitches& in) {
  KillSwitchList out;
  for (const KillSwitch& each : TRY(store::kill_switches(read))) {
    const auto status = each.released_at ? SwitchStatus::released : SwitchStatus::engaged;
    if (!in.status || *in.status == status) out.switches.push_back(view_of(each));
  }
  return out;
}

Json to_data(const KillSwitchList& out) {
  Json list = Json::array();
  for (const KillSwitchView& view : out.switches) list.push(encode(view));
  return list;
}

void describe(Fields& fields, ListKillSwitches& in) {
  fields.query("status", in.status, "engaged or released");
}

void describe(Fields& fields, KillSwitchList& out) {
  fields.field("switches", out.switches, "newest first");
}

}  // namespace assent::app
