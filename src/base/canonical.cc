#include "base/canonical.h"

#include "base/json_syntax.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace assent {
namespace {

using json_syntax::name_order;
using json_syntax::name_precedes;
using json_syntax::plain_length;

// Objects of the domain have fewer members than this: they are sorted without an allocation.
constexpr std::size_t kMembersOnStack = 32;

// The letter after the backslash; 'u' for a control without a short form; 0 for no escape.
constexpr std::array<char, 256> escape_letters() {
  std::array<char, 256> letters = {};
  for (std::size_t i = 0; i < 0x20; ++i) letters[i] = 'u';
  letters['\b'] = 'b';
  letters['\t'] = 't';
  letters['\n'] = 'n';
  letters['\f'] = 'f';
  letters['\r'] = 'r';
  letters['"'] = '"';
  letters['\\'] = '\\';
  return letters;
}
constexpr auto kEscapeLetters = escape_letters();

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), written.ptr);
}

// The shortest digits that read back as the same number, and where its point belongs.
struct Decimal {
  std::array<char, 24> digits;  // ECMAScript's s, in its first `count` places.
  std::size_t count = 0;        // k
  int point = 0;                // n: the value is 0.<digits> × 10^point.

  std::string_view text() const { return {digits.data(), count}; }
};

// REQUIRES: `value` is finite and positive.
Decimal shortest_decimal(double value) {
  std::array<char, 32> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  const std::size_t e = text.rfind('e');
  int exponent = 0;
  std::from_chars(text.data() + e + 2, text.data() + text.size(), exponent);
  Decimal decimal{.point = (text[e + 1] == '-' ? -exponent : exponent) + 1};
  decimal.digits[decimal.count++] = text.front();
  if (e > 2) decimal.count += text.copy(decimal.digits.data() + 1, e - 2, 2);  // Past the point.
  return decimal;
}

// ECMAScript's Number::toString (ECMA-262 §6.1.6.1.20), as RFC 8785 §3.2.2.3 demands.
void append_double(std::string& out, double value) {
  CHECK(std::isfinite(value));
  if (std::abs(value) <= static_cast<double>(json_syntax::kIntegerMax) &&
      value == std::trunc(value)) {
    return append_integer(out, static_cast<std::int64_t>(value));  // Also -0, written 0.
  }
  const Decimal decimal = shortest_decimal(std::abs(value));
  const std::string_view digits = decimal.text();
  const int count = static_cast<int>(digits.size());
  const int point = decimal.point;

  if (value < 0) out.push_back('-');
  if (point > 21 || point <= -6) {
    out.push_back(digits.front());
    if (count > 1) out.append(".").append(digits, 1);
    out.append(point > 21 ? "e+" : "e-");
    append_integer(out, std::abs(point - 1));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point < count) {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".");
    out.append(digits, static_cast<std::size_t>(point));
  } else {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  }
}

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  const char letter = kEscapeLetters[byte];
  out.push_back('\\');
  out.push_back(letter);
  if (letter != 'u') return;
  out.append("00");
  out.push_back("0123456789abcdef"[byte >> 4]);
  out.push_back("0123456789abcdef"[byte & 15]);
}

void append_array(std::string& out, const Json::Array& items) {
  out.push_back('[');
  bool is_first = true;
  for (const auto& item : items) {
    if (!is_first) out.push_back(',');
    is_first = false;
    append_canonical(out, item);
  }
  out.push_back(']');
}

// A member in line: comparing the numbers spares most comparisons of names.
struct Place {
  std::uint64_t order;
  const Json::Member* member;

  friend bool operator<(const Place& a, const Place& b) {
    return a.order != b.order ? a.order < b.order : name_precedes(a.member->first, b.member->first);
  }
};

void append_sorted(std::string& out, Place* first, const Json::Object& members) {
  Place* last = first;
  for (const auto& member : members) *last++ = {name_order(member.first), &member};
  if (!std::is_sorted(first, last)) std::sort(first, last);
  for (const Place* place = first; place != last; ++place) {
    out.push_back(place == first ? '{' : ',');
    append_json_string(out, place->member->first);
    out.push_back(':');
    append_canonical(out, place->member->second);
  }
  out.push_back('}');
}

void append_object(std::string& out, const Json::Object& members) {
  if (members.empty()) {
    out.append("{}");
  } else if (members.size() <= kMembersOnStack) {
    std::array<Place, kMembersOnStack> places;
    append_sorted(out, places.data(), members);
  } else {
    std::vector<Place> places(members.size());
    append_sorted(out, places.data(), members);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (;;) {
    const std::size_t plain = plain_length(text);
    out.append(text.data(), plain);
    if (plain == text.size()) break;
    append_escaped(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out.push_back('"');
}

void append_canonical(std::string& out, const Json& value) {
  if (value.is_string()) {
    append_json_string(out, value.string());
  } else if (value.is_object()) {
    append_object(out, value.members());
  } else if (value.is_array()) {
    append_array(out, value.items());
  } else if (value.is_integer()) {
    append_integer(out, value.integer());
  } else if (value.is_double()) {
    append_double(out, value.number());
  } else if (value.is_bool()) {
    out.append(value.boolean() ? "true" : "false");
  } else {
    out.append("null");
  }
}

std::string canonical_json(const Json& value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

}  // namespace assent
