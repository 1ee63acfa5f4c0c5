#include "emitter/cpp/spool_state.h"

#include "base/canonical.h"
#include "base/json.h"
#include "base/text.h"
#include "emitter/cpp/json_read.h"

#include <cstddef>
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

constexpr std::string_view kCrcBegin = R"({"crc":)";
// Files of before the CRC begin so.
constexpr std::string_view kNoCrcBegin = R"({"next":)";

// Whether the text is what was written, as far as it can be told. The CRC is that of the text
// without it.
bool is_kept(std::string_view text) {
  if (!text.starts_with(kCrcBegin)) return text.starts_with(kNoCrcBegin);
  text.remove_prefix(kCrcBegin.size());
  const std::size_t end = text.find(',');
  if (end == std::string_view::npos) return false;
  const auto crc = from_decimal(text.substr(0, end));
  return crc && *crc == crc32("{" + std::string(text.substr(end + 1)));
}

}  // namespace

std::optional<SpoolState> parse_state(std::string_view text) {
  if (!is_kept(text)) return std::nullopt;
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
  const std::string text = canonical_json(json) + "\n";
  return std::string(kCrcBegin) + std::to_string(crc32(text)) + "," + text.substr(1);
}

}  // namespace assent::emitter
