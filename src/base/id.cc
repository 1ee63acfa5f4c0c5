#include "base/id.h"

#include "base/text.h"

#include <algorithm>

namespace assent {
namespace {

constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kBase32Length = 26;
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> base32_values() {
  std::array<std::uint8_t, 256> values = {};
  for (auto& value : values) value = kNoDigit;
  for (std::size_t i = 0; i < kBase32.size(); ++i) {
    values[static_cast<std::uint8_t>(kBase32[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr auto kBase32Values = base32_values();

constexpr bool is_dash_place(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

UuidBytes make_uuid7(Timestamp at, Random& random) {
  UuidBytes bytes;
  random.fill(std::span(bytes).subspan(6));
  // Before 1970 there is no UUIDv7; such a clock is wrong, and 1970 is its nearest word.
  const auto milliseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(
      0, std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count()));
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<std::uint8_t>(milliseconds >> (8 * (5 - i)));
  }
  bytes[6] = static_cast<std::uint8_t>(0x70 | (bytes[6] & 0x0F));
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));
  return bytes;
}

// 26 digits hold 130 bits: 40 of the number in each eight digits from its low end, and the eight
// bits that remain in the first two.
std::string base32_of(const UuidBytes& bytes) {
  std::string text(kBase32Length, '0');
  char* place = text.data() + text.size();
  const auto put = [&](std::uint64_t number, int digits) {
    for (; digits > 0; --digits, number >>= 5) *--place = kBase32[number & 31];
  };
  for (std::size_t end = bytes.size(); end > 1; end -= 5) {
    std::uint64_t number = 0;
    for (std::size_t i = end - 5; i < end; ++i) number = number << 8 | bytes[i];
    put(number, 8);
  }
  put(bytes[0], 2);
  return text;
}

std::optional<UuidBytes> uuid_from_base32(std::string_view text) {
  if (text.size() != kBase32Length || text.front() > '7') return std::nullopt;
  UuidBytes bytes;
  std::uint32_t window = 0;
  int bits = 0;
  std::size_t place = bytes.size();
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
    const std::uint8_t value = kBase32Values[static_cast<std::uint8_t>(*digit)];
    if (value == kNoDigit) return std::nullopt;
    window |= std::uint32_t{value} << bits;
    bits += 5;
    if (bits < 8 || place == 0) continue;
    bytes[--place] = static_cast<std::uint8_t>(window);
    window >>= 8;
    bits -= 8;
  }
  return bytes;
}

std::string uuid_text(const UuidBytes& bytes) {
  std::string text = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const std::size_t place : {8U, 13U, 18U, 23U}) text.insert(place, 1, '-');
  return text;
}

std::optional<UuidBytes> uuid_from_text(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_dash_place(i)) {
      digits.push_back(text[i]);
    } else if (text[i] != '-') {
      return std::nullopt;
    }
  }
  const auto raw = from_hex(digits);
  if (!raw) return std::nullopt;
  UuidBytes bytes;
  std::copy(raw->begin(), raw->end(), bytes.begin());
  return bytes;
}

bool is_uuid7(const UuidBytes& bytes) {
  return bytes[6] >> 4 == 7 && bytes[8] >> 6 == 2;
}

}  // namespace assent
