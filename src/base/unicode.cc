// The normal forms, the look and the words of text.h: the only user of utf8proc.
#include "base/letters.h"
#include "base/text.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utf8proc.h>
#include <vector>

namespace assent {
namespace {

constexpr auto kNfc = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
constexpr auto kCaseless = static_cast<utf8proc_option_t>(
    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

constexpr auto kPlain = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                                                       UTF8PROC_COMPAT | UTF8PROC_IGNORE);

// Letters that look like a Latin one in common fonts, and which. Of Unicode's list of confusable
// characters (UTS #39) those alone with which words are faked that people read: the list itself has
// thousands, among them m for rn. Ascending.
struct LookAlike {
  char32_t code;
  char latin;
};
constexpr LookAlike kLookAlikes[] = {{0x0131, 'i'},
                                     {0x0237, 'j'},
                                     {0x0251, 'a'},
                                     {0x0261, 'g'},
                                     {0x0262, 'G'},
                                     {0x026A, 'I'},
                                     {0x0274, 'N'},
                                     {0x0280, 'R'},
                                     {0x028F, 'Y'},
                                     {0x0299, 'B'},
                                     {0x029C, 'H'},
                                     {0x029F, 'L'},
                                     // Greek.
                                     {0x0391, 'A'},
                                     {0x0392, 'B'},
                                     {0x0395, 'E'},
                                     {0x0396, 'Z'},
                                     {0x0397, 'H'},
                                     {0x0399, 'I'},
                                     {0x039A, 'K'},
                                     {0x039C, 'M'},
                                     {0x039D, 'N'},
                                     {0x039F, 'O'},
                                     {0x03A1, 'P'},
                                     {0x03A4, 'T'},
                                     {0x03A5, 'Y'},
                                     {0x03A7, 'X'},
                                     {0x03B1, 'a'},
                                     {0x03B3, 'y'},
                                     {0x03B7, 'n'},
                                     {0x03B9, 'i'},
                                     {0x03BA, 'k'},
                                     {0x03BD, 'v'},
                                     {0x03BF, 'o'},
                                     {0x03C1, 'p'},
                                     {0x03C4, 't'},
                                     {0x03C5, 'u'},
                                     {0x03C7, 'x'},
                                     {0x03F2, 'c'},
                                     {0x03F3, 'j'},
                                     {0x03F9, 'C'},
                                     // Cyrillic.
                                     {0x0405, 'S'},
                                     {0x0406, 'I'},
                                     {0x0408, 'J'},
                                     {0x0410, 'A'},
                                     {0x0412, 'B'},
                                     {0x0415, 'E'},
                                     {0x041A, 'K'},
                                     {0x041C, 'M'},
                                     {0x041D, 'H'},
                                     {0x041E, 'O'},
                                     {0x0420, 'P'},
                                     {0x0421, 'C'},
                                     {0x0422, 'T'},
                                     {0x0423, 'Y'},
                                     {0x0425, 'X'},
                                     {0x0430, 'a'},
                                     {0x0433, 'r'},
                                     {0x0435, 'e'},
                                     {0x043A, 'k'},
                                     {0x043C, 'm'},
                                     {0x043D, 'h'},
                                     {0x043E, 'o'},
                                     {0x043F, 'n'},
                                     {0x0440, 'p'},
                                     {0x0441, 'c'},
                                     {0x0442, 't'},
                                     {0x0443, 'y'},
                                     {0x0445, 'x'},
                                     {0x0455, 's'},
                                     {0x0456, 'i'},
                                     {0x0458, 'j'},
                                     {0x0474, 'V'},
                                     {0x0475, 'v'},
                                     {0x04AE, 'Y'},
                                     {0x04AF, 'y'},
                                     {0x04BB, 'h'},
                                     {0x04C0, 'I'},
                                     {0x04CF, 'l'},
                                     {0x0500, 'D'},
                                     {0x0501, 'd'},
                                     {0x051A, 'Q'},
                                     {0x051B, 'q'},
                                     {0x051C, 'W'},
                                     {0x051D, 'w'},
                                     // Armenian.
                                     {0x054F, 'S'},
                                     {0x0555, 'O'},
                                     {0x0570, 'h'},
                                     {0x0578, 'n'},
                                     {0x057D, 'u'},
                                     {0x0581, 'g'},
                                     {0x0584, 'p'},
                                     {0x0585, 'o'},
                                     // Small capitals.
                                     {0x1D00, 'A'},
                                     {0x1D04, 'C'},
                                     {0x1D05, 'D'},
                                     {0x1D07, 'E'},
                                     {0x1D0A, 'J'},
                                     {0x1D0B, 'K'},
                                     {0x1D0D, 'M'},
                                     {0x1D0F, 'O'},
                                     {0x1D18, 'P'},
                                     {0x1D1B, 'T'},
                                     {0x1D1C, 'U'},
                                     {0x1D20, 'V'},
                                     {0x1D21, 'W'},
                                     {0x1D22, 'Z'},
                                     {0xA730, 'F'},
                                     {0xA731, 'S'}};

utf8proc_int32_t latin_of(utf8proc_int32_t code) {
  const auto wanted = static_cast<char32_t>(code);
  const auto* const found =
      std::lower_bound(std::begin(kLookAlikes), std::end(kLookAlikes), wanted,
                       [](const LookAlike& each, char32_t sought) { return each.code < sought; });
  return found != std::end(kLookAlikes) && found->code == wanted ? found->latin : code;
}

// Marks that go with letters of any alphabet, such as accents and strokes.
bool is_accent(utf8proc_int32_t code) {
  return (code >= 0x0300 && code <= 0x036F) || (code >= 0x1AB0 && code <= 0x1AFF) ||
         (code >= 0x1DC0 && code <= 0x1DFF) || (code >= 0x20D0 && code <= 0x20FF) ||
         (code >= 0xFE20 && code <= 0xFE2F);
}

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

using Codes = std::vector<utf8proc_int32_t>;

int combining_class(utf8proc_int32_t code) {
  return utf8proc_get_property(code)->combining_class;
}

// The order of marks that belong to one letter. utf8proc's own, in utf8proc_decompose(), takes time
// in proportion to the square of how many there are, which is up to who sends the text.
void order_marks(Codes& codes) {
  for (auto begin = codes.begin(); begin != codes.end();) {
    auto end = begin;
    while (end != codes.end() && combining_class(*end) > 0) ++end;
    std::stable_sort(begin, end, [](utf8proc_int32_t left, utf8proc_int32_t right) {
      return combining_class(left) < combining_class(right);
    });
    begin = end == codes.end() ? end : end + 1;
  }
}

// Nothing if it is no UTF-8.
Codes mapped_codes(std::string_view text, utf8proc_option_t options) {
  constexpr utf8proc_ssize_t kExpansionMax = 32;  // One character can become eighteen.
  Codes codes;
  codes.reserve(text.size());
  int boundary = UTF8PROC_BOUNDCLASS_START;
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t code = -1;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(&text[at]),
                                         static_cast<utf8proc_ssize_t>(text.size() - at), &code);
    if (length <= 0) return {};
    at += static_cast<std::size_t>(length);
    utf8proc_int32_t expanded[kExpansionMax];
    const auto count = utf8proc_decompose_char(code, expanded, kExpansionMax, options, &boundary);
    if (count < 0 || count > kExpansionMax) return {};
    codes.insert(codes.end(), expanded, expanded + count);
  }
  order_marks(codes);
  const auto count =
      utf8proc_normalize_utf32(codes.data(), static_cast<utf8proc_ssize_t>(codes.size()), options);
  codes.resize(static_cast<std::size_t>(std::max<utf8proc_ssize_t>(count, 0)));
  return codes;
}

void append(std::string& out, utf8proc_int32_t code) {
  utf8proc_uint8_t encoded[4];
  const auto length = utf8proc_encode_char(code, encoded);
  out.append(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
}

std::string mapped(std::string_view text, utf8proc_option_t options) {
  std::string out;
  out.reserve(text.size());
  for (const auto code : mapped_codes(text, options)) append(out, code);
  return out;
}

Letter::Kind kind_of(utf8proc_int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT:
      return Letter::Kind::capital;
    case UTF8PROC_CATEGORY_LL:
      return Letter::Kind::small;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return Letter::Kind::caseless;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return Letter::Kind::digit;
    default:
      return Letter::Kind::sign;
  }
}

// The value of the escape `%41` that begins `text`, or nothing.
std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const auto byte = from_hex(text.substr(1, 2));
  return byte ? std::optional((*byte)[0]) : std::nullopt;
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

std::string plain_letters(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  std::string plain;
  plain.reserve(text.size());
  for (const auto code : mapped_codes(text, kPlain)) {
    if (!is_accent(code)) append(plain, latin_of(code));
  }
  return plain;
}

Letter first_letter_beyond_ascii(std::string_view text) {
  utf8proc_int32_t code = -1;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (length <= 0) return {};
  return {.kind = kind_of(code), .length = static_cast<std::size_t>(length)};
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = escaped_byte(text.substr(i));
    decoded.push_back(byte.value_or(text[i]));
    if (byte) i += 2;
  }
  std::size_t checked = 0;
  while (const auto bad = first_bad_utf8(std::string_view(decoded).substr(checked))) {
    checked += *bad;
    decoded[checked] = ' ';
  }
  return decoded;
}

std::string_view take_word(std::string_view& folded) {
  std::size_t begin = 0;
  std::size_t end = 0;
  while (end < folded.size()) {
    const Letter letter = first_letter(folded.substr(end));
    const bool is_of_word = letter.kind != Letter::Kind::sign;
    if (!is_of_word && end > begin) break;
    end += letter.length;
    if (!is_of_word) begin = end;
  }
  const std::string_view word = folded.substr(begin, end - begin);
  folded.remove_prefix(end);
  return word;
}

}  // namespace assent
