// The UTF-8 of text.h, and what a terminal must not be shown.
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace assent {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t length = 0;  // In bytes; 0: not UTF-8.
};

constexpr bool is_continuation(char c) {
  return (static_cast<std::uint8_t>(c) & 0xC0) == 0x80;
}

// The character at the front of `text`, which is not empty. The bounds per length are RFC 3629's
// table: they shut out overlong forms, surrogates and everything past U+10FFFF.
Character first_character(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return {};

  char32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return {};
    code = code << 6 | (static_cast<std::uint8_t>(text[i]) & 0x3F);
  }
  if (length == 3 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) return {};
  if (length == 4 && (code < 0x10000 || code > 0x10FFFF)) return {};
  return {code, length};
}

// How many of the first bytes are ASCII. Eight at a time, of which the last may be looked at twice:
// nearly all text is.
std::size_t ascii_length(std::string_view text) {
  const auto is_ascii = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]) < 0x80; };
  std::size_t length = 0;
  while (text.size() >= 8 && length < text.size()) {
    const std::size_t at = std::min(length, text.size() - 8);
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080U) != 0) break;
    length = at + 8;
  }
  while (length < text.size() && is_ascii(length)) ++length;
  return length;
}

struct Range {
  char32_t first;
  char32_t last;
};

// What is invisible, moves the cursor, reorders its neighbours or looks different on each
// machine: general categories Cc, Cf, Co, Zl, Zp and the property Default_Ignorable_Code_Point
// of Unicode 15.0, and the noncharacters of the Arabic block. Ascending.
constexpr auto kHidden = std::to_array<Range>({
    {0x0000, 0x001F},    {0x007F, 0x009F},    // Controls.
    {0x00AD, 0x00AD},                         // Soft hyphen.
    {0x034F, 0x034F},                         // Combining grapheme joiner.
    {0x0600, 0x0605},    {0x061C, 0x061C},    // Arabic signs; Arabic letter mark (bidi).
    {0x06DD, 0x06DD},    {0x070F, 0x070F},    // End of ayah; Syriac abbreviation.
    {0x0890, 0x0891},    {0x08E2, 0x08E2},    // Arabic marks.
    {0x115F, 0x1160},                         // Hangul fillers.
    {0x17B4, 0x17B5},                         // Khmer inherent vowels.
    {0x180B, 0x180F},                         // Mongolian selectors and separator.
    {0x200B, 0x200F},                         // Zero-width, joiners, direction marks.
    {0x2028, 0x202E},                         // Line, paragraph; embeddings, overrides.
    {0x2060, 0x206F},                         // Word joiner, invisible operators, isolates.
    {0x3164, 0x3164},                         // Hangul filler.
    {0xE000, 0xF8FF},                         // Private use.
    {0xFDD0, 0xFDEF},                         // Noncharacters.
    {0xFE00, 0xFE0F},                         // Variation selectors.
    {0xFEFF, 0xFEFF},                         // Byte order mark.
    {0xFFA0, 0xFFA0},                         // Halfwidth Hangul filler.
    {0xFFF0, 0xFFFB},                         // Unassigned ignorables; annotations.
    {0x110BD, 0x110BD},  {0x110CD, 0x110CD},  // Kaithi number signs.
    {0x13430, 0x1343F},                       // Hieroglyph joiners.
    {0x1BCA0, 0x1BCA3},                       // Shorthand format controls.
    {0x1D173, 0x1D17A},                       // Musical beams and slurs.
    {0xE0000, 0xE0FFF},                       // Tags, more variation selectors.
    {0xF0000, 0x10FFFF},                      // Private use planes.
});

bool is_hidden(char32_t code) {
  if ((code & 0xFFFE) == 0xFFFE) return true;  // The last two of every plane: noncharacters.
  const auto* const range =
      std::lower_bound(kHidden.begin(), kHidden.end(), code,
                       [](const Range& candidate, char32_t c) { return candidate.last < c; });
  return range != kHidden.end() && range->first <= code;
}

void append_hex(std::string& out, char32_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) out.push_back("0123456789ABCDEF"[value >> (4 * i) & 15]);
}

void append_escape(std::string& out, char32_t code) {
  out.append("\\u{");
  append_hex(out, code, code > 0xFFFFF ? 6 : code > 0xFFFF ? 5 : 4);
  out.push_back('}');
}

}  // namespace

std::optional<std::size_t> first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0;;) {
    at += ascii_length(text.substr(at));
    // Where there is one character of another script, its neighbours are mostly too.
    while (at < text.size() && static_cast<std::uint8_t>(text[at]) >= 0x80) {
      const Character character = first_character(text.substr(at));
      if (character.length == 0) return at;
      at += character.length;
    }
    if (at == text.size()) return std::nullopt;
  }
}

bool is_utf8(std::string_view text) {
  return !first_bad_utf8(text);
}

std::string escape_for_terminal(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.length == 0) {
      safe.append("\\x{");
      append_hex(safe, static_cast<std::uint8_t>(text.front()), 2);
      safe.push_back('}');
    } else if (is_hidden(character.code)) {
      append_escape(safe, character.code);
    } else {
      safe.append(text.substr(0, character.length));
    }
    text.remove_prefix(std::max<std::size_t>(1, character.length));
  }
  return safe;
}

}  // namespace assent
