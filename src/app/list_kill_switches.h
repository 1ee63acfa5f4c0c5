// The kill switches of the tenant: those engaged, or all there ever were.
#pragma once

#include "app/kill_switch.h"

#include <vector>

namespace assent::app {

enum class SwitchStatus { engaged, released };

struct ListKillSwitches {
  std::optional<SwitchStatus> status;
};
void describe(Fields& fields, ListKillSwitches& in);

struct KillSwitchList {
  std::vector<KillSwitchView> switches;
};
void describe(Fields& fields, KillSwitchList& out);
Json to_data(const KillSwitchList& out);
Result<KillSwitchList> list_kill_switches(const store::Read& read, const ListKillSwitches& in);

}  // namespace assent::app

namespace assent {
template <>
std::span<const std::string_view> words<app::SwitchStatus>();
}
