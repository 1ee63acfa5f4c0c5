// JSON out: RFC 8785 (JCS), and the same notation in the members' own order.
#include "base/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace assent {
namespace {

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

// ECMAScript's Number::toString (ECMA-262 §6.1.6.1.20), as RFC 8785 §3.2.2.3 demands. The
// standard library finds the shortest digits that read back as the same number; only where to
// put the point and when to write an exponent is left. `digits` is ECMAScript's s, `point` its n.
void append_double(std::string& out, double value) {
  CHECK(std::isfinite(value));
  if (std::abs(value) < 9007199254740992.0 && value == std::trunc(value)) {
    return append_integer(out, static_cast<std::int64_t>(value));  // Also -0, written 0.
  }
  std::array<char, 32> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                     std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  if (digits.size() > 1) digits.erase(1, 1);
  const bool is_small = text[e + 1] == '-';
  int exponent = 0;
  std::from_chars(text.data() + e + 2, text.data() + text.size(), exponent);
  const int point = (is_small ? -exponent : exponent) + 1;
  const int count = static_cast<int>(digits.size());

  if (value < 0) out.push_back('-');
  if (point > 21 || point <= -6) {
    out.push_back(digits.front());
    if (count > 1) out.append(".").append(digits, 1);
    out.append(is_small ? "e-" : "e+");
    append_integer(out, exponent);
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point < count) {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".");
    out.append(digits, static_cast<std::size_t>(point));
  } else {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  }
}

// Whether `a` sorts before `b` by UTF-16 code units. UTF-8 bytes sort by code point, which is
// the same except that UTF-16 puts what lies past U+FFFF (surrogates, D800–DFFF) before
// U+E000–U+FFFF. The first bytes to differ decide, and when the two orders disagree these are
// lead bytes, EE or EF against F0–F4: lifting the former above the latter is the whole cure.
bool precedes(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a[i] == b[i]) continue;
    const auto rank = [](char c) {
      const auto byte = static_cast<std::uint8_t>(c);
      return byte == 0xEE || byte == 0xEF ? byte + 0x10 : int{byte};
    };
    return rank(a[i]) < rank(b[i]);
  }
  return a.size() < b.size();
}

void append_member(std::string& out, const Json::Member& member) {
  append_json_string(out, member.first);
  out.push_back(':');
  append_canonical(out, member.second);
}

void append_sorted(std::string& out, const Json::Member** first, const Json::Object& members) {
  const Json::Member** last = first;
  for (const auto& member : members) *last++ = &member;
  std::sort(first, last, [](const auto* a, const auto* b) { return precedes(a->first, b->first); });
  for (const Json::Member** member = first; member != last; ++member) {
    out.push_back(member == first ? '{' : ',');
    append_member(out, **member);
  }
  out.push_back('}');
}

void append_canonical_object(std::string& out, const Json::Object& members) {
  if (members.empty()) {
    out.append("{}");
  } else if (members.size() <= kMembersOnStack) {
    std::array<const Json::Member*, kMembersOnStack> places;
    append_sorted(out, places.data(), members);
  } else {
    std::vector<const Json::Member*> places(members.size());
    append_sorted(out, places.data(), members);
  }
}

// Everything but arrays and objects, which know their surroundings.
void append_scalar(std::string& out, const Json& value) {
  if (value.is_null()) {
    out.append("null");
  } else if (value.is_bool()) {
    out.append(value.boolean() ? "true" : "false");
  } else if (value.is_integer()) {
    append_integer(out, value.integer());
  } else if (value.is_double()) {
    append_double(out, value.number());
  } else {
    append_json_string(out, value.string());
  }
}

// `indent` 0 writes on one line; else each item gets its own, `level` steps in.
struct Layout {
  std::size_t indent = 0;
  std::size_t level = 0;

  Layout inside() const { return {indent, level + 1}; }
  void break_line(std::string& out) const {
    if (indent > 0) out.append("\n").append(indent * level, ' ');
  }
};

void append_text(std::string& out, const Json& value, Layout layout) {
  char separator = '\0';
  const auto next_item = [&] {
    if (separator != '\0') out.push_back(separator);
    separator = ',';
    layout.inside().break_line(out);
  };
  if (value.is_array() && !value.items().empty()) {
    out.push_back('[');
    for (const auto& item : value.items()) {
      next_item();
      append_text(out, item, layout.inside());
    }
    layout.break_line(out);
    out.push_back(']');
  } else if (value.is_object() && !value.members().empty()) {
    out.push_back('{');
    for (const auto& [name, member] : value.members()) {
      next_item();
      append_json_string(out, name);
      out.append(layout.indent > 0 ? ": " : ":");
      append_text(out, member, layout.inside());
    }
    layout.break_line(out);
    out.push_back('}');
  } else if (value.is_array() || value.is_object()) {
    out.append(value.is_array() ? "[]" : "{}");
  } else {
    append_scalar(out, value);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const char letter = kEscapeLetters[byte];
    if (letter == '\0') continue;
    out.append(text.substr(copied, i - copied));
    copied = i + 1;
    out.push_back('\\');
    out.push_back(letter);
    if (letter != 'u') continue;
    out.append("00");
    out.push_back("0123456789abcdef"[byte >> 4]);
    out.push_back("0123456789abcdef"[byte & 15]);
  }
  out.append(text.substr(copied));
  out.push_back('"');
}

void append_canonical(std::string& out, const Json& value) {
  if (value.is_object()) return append_canonical_object(out, value.members());
  if (!value.is_array()) return append_scalar(out, value);
  out.push_back('[');
  for (const auto& item : value.items()) {
    if (&item != &value.items().front()) out.push_back(',');
    append_canonical(out, item);
  }
  out.push_back(']');
}

std::string canonical_json(const Json& value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

std::string json_text(const Json& value, std::size_t indent) {
  std::string out;
  append_text(out, value, {.indent = indent});
  return out;
}

}  // namespace assent
