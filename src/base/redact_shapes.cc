#include "base/redact_shapes.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace assent::redaction {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What the characters after a prefix must have, as far as kLookedAt of them show it.
enum class Needs {
  nothing,
  digit,      // One of them is a digit.
  no_phrase,  // A digit, a capital, or no separator: words-like-these are none of it.
};
constexpr std::size_t kLookedAt = 64;

struct Prefix {
  std::string_view text;       // `?` is any small letter.
  std::size_t length_min = 0;  // Of the token characters after it.
  Needs needs = Needs::nothing;
};
// Ordered by the first character, so that one look tells which of them to compare with.
constexpr auto kPrefixes = std::to_array<Prefix>({
    {"AIza", 30},
    {"GOCSPX-", 16},
    {"ask_", 20, Needs::digit},
    {"dop_v1_", 40, Needs::digit},
    {"gh?_", 20},
    {"github_pat_", 20},
    {"glpat-", 16},
    {"hf_", 30},
    {"npm_", 30, Needs::digit},
    {"pypi-", 40, Needs::digit},
    {"rk_live_", 10},
    {"rk_test_", 10},
    {"sk-", 16, Needs::no_phrase},
    {"sk_live_", 10},
    {"sk_test_", 10},
    {"shpat_", 20, Needs::digit},
    {"whsec_", 16},
    {"xox?-", 10, Needs::digit},
    {"xapp-", 10, Needs::digit},
    {"ya29.", 20},
});
constexpr auto kFirstPrefix = [] {
  std::array<std::uint8_t, 129> first{};
  for (std::size_t c = 0; c < first.size(); ++c) {
    for (const Prefix& prefix : kPrefixes) {
      if (static_cast<std::size_t>(prefix.text.front()) < c) ++first[c];
    }
  }
  return first;
}();
static_assert(std::ranges::is_sorted(kPrefixes, {},
                                     [](const Prefix& a) { return a.text.front(); }));

constexpr std::string_view kAccessKeys[] = {"AKIA", "ASIA"};
constexpr std::string_view kWebToken = "eyJ";
constexpr std::string_view kMailKey = "SG.";

bool has_needed(std::string_view rest, Needs needs) {
  rest = rest.substr(0, kLookedAt);
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  switch (needs) {
    case Needs::nothing:
      return true;
    case Needs::digit:
      return std::ranges::any_of(rest, is_digit);
    case Needs::no_phrase:
      return std::ranges::any_of(rest, is_digit) || std::ranges::any_of(rest, is_capital) ||
             rest.find_first_of("-_") == std::string_view::npos;
  }
  return false;
}

bool has_prefix(const Text& text, std::size_t at, std::string_view prefix) {
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    const char c = text.at(at + i);
    if (prefix[i] == '?' ? c < 'a' || c > 'z' : c != prefix[i]) return false;
  }
  return true;
}

// AKIA or ASIA and 16 capitals or digits, and no more of them.
std::optional<std::size_t> access_key_end(const Text& text, std::size_t at) {
  const auto has = [&](std::string_view start) { return text.has(at, start); };
  if (std::ranges::none_of(kAccessKeys, has)) return std::nullopt;
  for (std::size_t i = at + 4; i < at + 20; ++i) {
    const char c = text.at(i);
    if (!is_digit(c) && (c < 'A' || c > 'Z')) return std::nullopt;
  }
  if (text.is(at + 20, kAlnum)) return std::nullopt;
  return at + 20;
}

// How long the numbers are that begin with these two digits.
struct CardRange {
  int first = 0, last = 0;
  std::string_view lengths;  // 'a' is 13 digits, 'g' is 19.
};
constexpr auto kCardRanges = std::to_array<CardRange>({
    {22, 27, "d"},
    {30, 30, "bcdefg"},
    {34, 34, "c"},
    {35, 35, "defg"},
    {36, 36, "bcdefg"},
    {37, 37, "c"},
    {38, 39, "bcdefg"},
    {40, 49, "adg"},
    {50, 50, "defg"},
    {51, 55, "d"},
    {56, 69, "defg"},
});
constexpr std::size_t kCardDigitsMin = 13, kCardDigitsMax = 19;

bool has_check_digit(std::string_view digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) value = value < 5 ? 2 * value : 2 * value - 9;
    sum += value;
  }
  return sum % 10 == 0;
}

// Not in the middle of a number with a fraction, nor of a word.
bool may_end_card(const Text& text, std::size_t at) {
  return !text.is(at, kAlnum) && !(text.at(at) == '.' && is_digit(text.at(at + 1)));
}

// Where the label of an armoured key ends, with its dashes, if it says PRIVATE KEY.
std::optional<std::size_t> armour_end(const Text& text, std::size_t at) {
  constexpr std::size_t kLabelMax = 64;
  std::size_t end = at;
  while (end < at + kLabelMax) {
    const char c = text.at(end);
    if (c != ' ' && !is_digit(c) && (c < 'A' || c > 'Z')) break;
    ++end;
  }
  const std::string_view label = text.part(at, end);
  if (!label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK")) return std::nullopt;
  if (!text.has(end, "-----")) return std::nullopt;
  return end + 5;
}

}  // namespace

constexpr std::array<std::uint32_t, 128> kSeconds = [] {
  std::array<std::uint32_t, 128> seconds{};
  const auto add = [&](char first, char second) {
    seconds[static_cast<unsigned char>(first)] |= 1U << (second & 0x1F);
  };
  for (const Prefix& prefix : kPrefixes) add(prefix.text[0], prefix.text[1]);
  for (const std::string_view start : kAccessKeys) add(start[0], start[1]);
  for (const std::string_view start : {kWebToken, kMailKey}) add(start[0], start[1]);
  for (const char first : {'b', 'B'}) add(first, 'e');  // Bearer; e and E have the same bits.
  add('-', '-');                                        // A private key, or a flag.
  for (const char any : {':', '='}) seconds[static_cast<unsigned char>(any)] = ~0U;
  for (char digit = '0'; digit <= '9'; ++digit) {
    for (char second = '0'; second <= '9'; ++second) add(digit, second);  // A card's number.
  }
  return seconds;
}();
static_assert([] {
  for (std::size_t c = 0; c < kSeconds.size(); ++c) {
    if (kSeconds[c] != 0 && (kClasses[c] & kStart) == 0) return false;
  }
  return true;
}());

std::size_t TokenRun::end(const Text& text, std::size_t at) {
  if (at < begin_ || at >= end_) {
    begin_ = at;
    end_ = text.skip(at, kTokenChar);
  }
  return std::max(at, end_);
}

bool is_card_number(std::string_view digits) {
  if (digits.size() < kCardDigitsMin || digits.size() > kCardDigitsMax) return false;
  const int lead = (digits[0] - '0') * 10 + (digits[1] - '0');
  const auto length = static_cast<char>('a' + (digits.size() - kCardDigitsMin));
  const bool is_given_out = std::ranges::any_of(kCardRanges, [&](const CardRange& range) {
    return lead >= range.first && lead <= range.last &&
           range.lengths.find(length) != std::string_view::npos;
  });
  return is_given_out && has_check_digit(digits);
}

std::optional<std::size_t> private_key_end(const Text& text, std::size_t at) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ";
  if (!text.has(at, kBegin)) return std::nullopt;
  const auto head = armour_end(text, at + kBegin.size());
  if (!head) return std::nullopt;
  for (std::size_t i = *head; i < text.size(); ++i) {
    if (text.at(i) != '-' || !text.has(i, kEnd)) continue;
    if (const auto end = armour_end(text, i + kEnd.size())) return end;
  }
  return text.size();
}

std::optional<std::size_t> card_end(const Text& text, std::size_t at) {
  if (at >= 2 && text.at(at - 1) == '.' && is_digit(text.at(at - 2))) return std::nullopt;
  std::array<char, kCardDigitsMax> digits{};
  std::size_t count = 0, first_group = 0;
  char separator = '\0';
  std::optional<std::size_t> end;
  for (std::size_t group = at;;) {
    std::size_t i = group;
    for (; is_digit(text.at(i)); ++i) {
      if (count == kCardDigitsMax) return end;
      digits[count++] = text.at(i);
    }
    if (group == at) first_group = i - group;
    if (group != at && (i - group < 3 || i - group > 6)) return end;
    if (may_end_card(text, i) && is_card_number({digits.data(), count})) end = i;
    const char next = text.at(i);
    if (first_group != 4 || (next != ' ' && next != '-')) return end;
    if (separator == '\0') separator = next;
    if (next != separator || !is_digit(text.at(i + 1))) return end;
    group = i + 1;
  }
}

std::optional<std::size_t> Shapes::key_end(const Text& text, std::size_t at) {
  if (const auto end = access_key_end(text, at)) return end;
  if (const auto end = prefixed_end(text, at)) return end;
  return dotted_end(text, at);
}

std::optional<std::size_t> Shapes::prefixed_end(const Text& text, std::size_t at) {
  const auto c = static_cast<std::size_t>(text.at(at) & 0x7f);
  for (std::size_t i = kFirstPrefix[c]; i < kFirstPrefix[c + 1]; ++i) {
    const Prefix& prefix = kPrefixes[i];
    if (!has_prefix(text, at, prefix.text)) continue;
    const std::size_t begin = at + prefix.text.size();
    const std::size_t end = first_.end(text, begin);
    if (end - begin < prefix.length_min) continue;
    if (has_needed(text.part(begin, end), prefix.needs)) return end;
  }
  return std::nullopt;
}

// A web token is base64url parts between dots, the first of which begins as `{"` is encoded; the
// key of a mail service is two parts after SG.
std::optional<std::size_t> Shapes::dotted_end(const Text& text, std::size_t at) {
  const bool is_web_token = text.has(at, kWebToken);
  if (!is_web_token && !text.has(at, kMailKey)) return std::nullopt;
  const std::size_t part_min = is_web_token ? 8 : 16;
  std::size_t begin = is_web_token ? at : at + kMailKey.size();
  std::size_t end = first_.end(text, begin);
  if (end - begin < part_min || text.at(end) != '.') return std::nullopt;
  begin = end + 1;
  end = next_.end(text, begin);
  if (end - begin < part_min) return std::nullopt;
  while (text.at(end) == '.' && text.is(end + 1, kTokenChar)) end = text.skip(end + 1, kTokenChar);
  return end;
}

}  // namespace assent::redaction
