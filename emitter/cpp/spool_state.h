// state.json of a spool: who numbers, which number is next, and up to which all is settled.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace assent::emitter {

// Of one tenant.
struct Counts {
  std::uint64_t next = 1;
  std::uint64_t sent = 0;
};

struct SpoolState {
  std::string producer;
  std::map<std::string, Counts> counts;
};

// Nothing if it is damaged.
std::optional<SpoolState> parse_state(std::string_view text);
std::string text_of(const SpoolState& state);

}  // namespace assent::emitter
