#include "emitter/cpp/spool_state.h"

#include "base/canonical.h"
#include "base/json.h"
#include "emitter/cpp/json_read.h"

#include <utility>

namespace assent::emitter {
namespace {

// Takes a number of each tenant, at least `min`; false if there is anything else.
bool take_numbers(const Json& json, std::string_view member, std::int64_t min,
                  std::uint64_t Counts::*number, SpoolState& state) {
  const Json* const given = json.find(member);
  if (given == nullptr || !given->is_object()) return false;
  for (const auto& [tenant, value] : given->members()) {
    if (!value.is_integer() || value.integer() < min) return false;
    state.counts[tenant].*number = static_cast<std::uint64_t>(value.integer());
  }
  return true;
}

}  // namespace

std::optional<SpoolState> parse_state(std::string_view text) {
  const auto json = read_json(text);
  if (!json) return std::nullopt;
  const auto producer = json->string_at("producer");
  if (!producer) return std::nullopt;
  SpoolState state{.producer = std::string(*producer), .counts = {}};
  if (!take_numbers(*json, "next", 1, &Counts::next, state)) return std::nullopt;
  if (!take_numbers(*json, "sent", 0, &Counts::sent, state)) return std::nullopt;
  return state;
}

std::string text_of(const SpoolState& state) {
  Json next = Json::object();
  Json sent = Json::object();
  for (const auto& [tenant, counts] : state.counts) {
    next.members().emplace_back(tenant, counts.next);
    sent.members().emplace_back(tenant, counts.sent);
  }
  const Json json = Json::object(
      {{"next", std::move(next)}, {"producer", state.producer}, {"sent", std::move(sent)}});
  return canonical_json(json) + "\n";
}

}  // namespace assent::emitter
