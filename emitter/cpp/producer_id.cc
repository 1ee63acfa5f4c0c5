#include "emitter/cpp/producer_id.h"

#include "base/id.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace assent::emitter {
namespace {

constexpr std::size_t kNameBytesMax = 91;
constexpr std::size_t kRandomBytes = 5;
constexpr std::size_t kTailDigits = kRandomBytes * 8 / 5;
constexpr std::size_t kTypeIdDigits = 26;

}  // namespace

bool is_producer_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::string make_producer_id(std::string_view name, Random& random) {
  UuidBytes bytes{};
  random.fill(std::span(bytes).last<kRandomBytes>());
  std::string id(name);
  return id.append(".").append(base32_of(bytes), kTypeIdDigits - kTailDigits);
}

bool is_producer_of(std::string_view id, std::string_view name) {
  if (!id.starts_with(name)) return false;
  const std::string_view tail = id.substr(name.size());
  if (tail.empty()) return true;
  if (tail.size() != 1 + kTailDigits || !tail.starts_with('.')) return false;
  std::string digits(kTypeIdDigits - kTailDigits, '0');
  return uuid_from_base32(digits.append(tail.substr(1))).has_value();
}

}  // namespace assent::emitter
