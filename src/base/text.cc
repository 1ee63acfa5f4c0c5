#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace assent {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase62Digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64UrlDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xFF;

using Values = std::array<std::uint8_t, 256>;

constexpr Values values_of(std::string_view digits) {
  Values values = {};
  for (auto& value : values) value = kNoDigit;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    values[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr Values kBase64Values = values_of(kBase64Digits);
constexpr Values kBase64UrlValues = values_of(kBase64UrlDigits);

constexpr std::uint8_t octet(char c) {
  return static_cast<std::uint8_t>(c);
}

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string encode64(std::string_view bytes, std::string_view digits) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t window = 0;
  int bits = 0;
  for (const char byte : bytes) {
    window = window << 8 | octet(byte);
    for (bits += 8; bits >= 6;) {
      bits -= 6;
      text.push_back(digits[window >> bits & 63]);
    }
  }
  if (bits > 0) text.push_back(digits[window << (6 - bits) & 63]);
  return text;
}

// `text` without padding. A last digit with bits that no byte uses has a second spelling of the
// same bytes: refused, so that there is only one.
std::optional<std::string> decode64(std::string_view text, const Values& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t window = 0;
  int bits = 0;
  for (const char digit : text) {
    const std::uint8_t value = values[octet(digit)];
    if (value == kNoDigit) return std::nullopt;
    window = window << 6 | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<char>(window >> bits & 0xFF));
  }
  if ((window & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string text(bytes.size() * 2, '\0');
  char* next = text.data();
  for (const char byte : bytes) {
    *next++ = kHexDigits[octet(byte) >> 4];
    *next++ = kHexDigits[octet(byte) & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text = encode64(bytes, kBase64Digits);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode64(text, kBase64Values);
}

std::string to_base64url(std::string_view bytes) {
  return encode64(bytes, kBase64UrlDigits);
}

std::optional<std::string> from_base64url(std::string_view text) {
  return decode64(text, kBase64UrlValues);
}

// Long division by 62, digit by digit: quadratic, and meant for tokens of a few dozen bytes.
std::string to_base62(std::string_view bytes, std::size_t width) {
  std::string number(bytes);
  std::string text;
  while (std::any_of(number.begin(), number.end(), [](char byte) { return byte != 0; })) {
    unsigned rest = 0;
    for (char& byte : number) {
      const unsigned value = rest << 8 | octet(byte);
      byte = static_cast<char>(value / 62);
      rest = value % 62;
    }
    text.push_back(kBase62Digits[rest]);
  }
  if (text.size() < width) text.append(width - text.size(), '0');
  std::reverse(text.begin(), text.end());
  return text;
}

std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> from_decimal(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return number;
}

// Each star but the last takes as little as it can: what stands behind it is looked for from the
// left, and taking more could not make anything match that taking less cannot.
bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  for (star = pattern.find('*'); star != std::string_view::npos; star = pattern.find('*')) {
    const std::size_t found = text.find(pattern.substr(0, star));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + star);
    pattern.remove_prefix(star + 1);
  }
  return text.ends_with(pattern);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace assent
