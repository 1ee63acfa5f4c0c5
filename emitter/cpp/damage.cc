#include "emitter/cpp/damage.h"

#include "base/text.h"
#include "emitter/cpp/event.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::string_view kEventBegin = R"({"actor":{"id":")";
constexpr std::string_view kProducerBegin = R"("producer":{"id":")";
constexpr std::string_view kTenantBegin = R"("tenantId":")";
constexpr std::size_t kSequenceDigitsMax = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_producer_part(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

// Takes the longest beginning of `text` whose every character `is_part`.
template <class IsPart>
std::string_view take_while(std::string_view& text, IsPart is_part) {
  const auto end = std::ranges::find_if_not(text, is_part);
  const std::string_view taken(text.data(), static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// Moves `rest` behind the next `word`; false, and to the end, if there is none.
bool skip_past(std::string_view& rest, std::string_view word) {
  const std::size_t at = rest.find(word);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + word.size());
  return at != std::string_view::npos;
}

// Who numbered the next event that can be read, and how; without its tenant.
std::optional<PayloadName> next_number(std::string_view& rest) {
  while (skip_past(rest, kProducerBegin)) {
    const std::string_view producer = take_while(rest, is_producer_part);
    if (producer.empty() || !take(rest, R"(","sequence":)")) continue;
    const std::string_view digits = take_while(rest, is_digit);
    const auto sequence = from_decimal(digits);
    if (!sequence || digits.size() > kSequenceDigitsMax || !take(rest, "}")) continue;
    return PayloadName{.tenant = {}, .producer = std::string(producer), .sequence = *sequence};
  }
  return std::nullopt;
}

// The tenant with which the event ends that stands in `text`.
std::optional<std::string> tenant_in(std::string_view text) {
  while (skip_past(text, kTenantBegin)) {
    const std::string_view tenant =
        take_while(text, [](char c) { return is_digit(c) || is_lower(c) || c == '-'; });
    if (tenant.empty() || !take(text, R"(","type":")")) continue;
    const std::string_view type =
        take_while(text, [](char c) { return is_digit(c) || is_lower(c) || c == '_' || c == '.'; });
    if (!type.empty() && take(text, R"("})")) return std::string(tenant);
  }
  return std::nullopt;
}

std::vector<PayloadName> numbers_in(std::string_view rest) {
  std::vector<PayloadName> names;
  auto name = next_number(rest);
  while (name) {
    const std::string_view from = rest;
    auto next = next_number(rest);
    // No further than to the next number, which is of another event.
    if (auto tenant = tenant_in(from.substr(0, from.size() - rest.size()))) {
      name->tenant = std::move(*tenant);
      names.push_back(std::move(*name));
    }
    name = std::move(next);
  }
  return names;
}

}  // namespace

Rest read_rest(std::string_view rest) {
  Rest read{.certain = {}, .likely = numbers_in(rest)};
  std::size_t end = 0;
  std::size_t at = rest.find(kEventBegin, kRecordHeaderBytes);
  while (at != std::string_view::npos) {
    // Nothing longer can be an event, and where any byte may be wrong, each costs its CRC.
    const std::size_t most = kRecordHeaderBytes + kEventBytesMax;
    const auto payload = whole_payload(rest.substr(at - kRecordHeaderBytes, most));
    auto name = payload ? name_of_payload(*payload) : std::nullopt;
    if (name) {
      read.certain.push_back(std::move(*name));
      end = at + payload->size();
    }
    at = rest.find(kEventBegin, name ? end + kRecordHeaderBytes : at + 1);
  }
  read.ends_whole = end == rest.size();
  return read;
}

}  // namespace assent::emitter
