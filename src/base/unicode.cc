// The normal forms and the words of text.h: the only user of utf8proc.
#include "base/text.h"

#include <algorithm>
#include <utf8proc.h>
#include <vector>

namespace assent {
namespace {

constexpr auto kNfc = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
constexpr auto kCaseless = static_cast<utf8proc_option_t>(
    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

// Below U+0300 nothing combines and nothing is composed otherwise, and that is two bytes which
// begin with less than 0xCC.
bool is_below_marks(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0xCC; });
}

std::string mapped(std::string_view text, utf8proc_option_t options) {
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  std::vector<utf8proc_int32_t> codes(text.size() + 1);
  auto room = static_cast<utf8proc_ssize_t>(codes.size());
  auto count = utf8proc_decompose(bytes, size, codes.data(), room, options);
  if (count > room) {
    // One character can become eighteen, so the first room was a guess.
    codes.resize(static_cast<std::size_t>(count) + 1);
    room = count;
    count = utf8proc_decompose(bytes, size, codes.data(), room, options);
  }
  if (count < 0) return {};
  count = utf8proc_normalize_utf32(codes.data(), count, options);

  std::string out;
  out.reserve(text.size());
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    utf8proc_uint8_t encoded[4];
    const auto length = utf8proc_encode_char(codes[static_cast<std::size_t>(i)], encoded);
    out.append(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
  }
  return out;
}

bool is_word_character(utf8proc_int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

// The character that begins at `at`: whether it belongs to a word, and its bytes.
struct Character {
  bool is_of_word;
  std::size_t length;
};

Character character_at(std::string_view text, std::size_t at) {
  const char c = text[at];
  if ((static_cast<unsigned char>(c) & 0x80U) == 0) {
    return {(c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'), 1};
  }
  utf8proc_int32_t code = -1;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                       static_cast<utf8proc_ssize_t>(text.size() - at), &code);
  if (length <= 0) return {false, 1};
  return {is_word_character(code), static_cast<std::size_t>(length)};
}

}  // namespace

bool is_nfc(std::string_view text) {
  return is_below_marks(text) || mapped(text, kNfc) == text;
}

std::string fold(std::string_view text) {
  if (!is_ascii(text)) return mapped(text, kCaseless);
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::string_view take_word(std::string_view& folded) {
  std::size_t begin = 0;
  std::size_t end = 0;
  while (end < folded.size()) {
    const Character character = character_at(folded, end);
    if (!character.is_of_word && end > begin) break;
    end += character.length;
    if (!character.is_of_word) begin = end;
  }
  const std::string_view word = folded.substr(begin, end - begin);
  folded.remove_prefix(end);
  return word;
}

}  // namespace assent
