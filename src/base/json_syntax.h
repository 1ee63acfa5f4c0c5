// What the readers and writers of JSON in this folder share: what stands for itself in a string,
// the order of names, and which numbers there are. Nobody else needs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assent::json_syntax {

// 2^53 − 1: beyond it, a reader with doubles takes neighbouring integers for one.
inline constexpr std::int64_t kIntegerMax = 9007199254740991;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// How many of the first bytes of `text` stand for themselves in a string: neither a quotation mark
// nor a backslash nor a control character.
std::size_t plain_length(std::string_view text);

// The length of the escape at the front of `text` if it is the one that RFC 8785 §3.2.2.2 writes;
// else 0.
std::size_t escape_length(std::string_view text);

// RFC 8785 §3.2.3 sorts names by UTF-16 code units. UTF-8 bytes sort by code point, which is the
// same except that UTF-16 puts what lies past U+FFFF (surrogates, D800–DFFF) before
// U+E000–U+FFFF. The first bytes to differ decide, and when the two orders disagree these are
// lead bytes, EE or EF against F0–F4: lifting the former above the latter is the whole cure.
constexpr std::uint8_t utf16_rank(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
}
bool name_precedes(std::string_view a, std::string_view b);

// The same of two names as RFC 8785 writes them between quotation marks: an escape counts as the
// character that it stands for.
bool written_name_precedes(std::string_view a, std::string_view b);

// A name's first eight bytes as a number. Of two names with different numbers the one with the
// lower number precedes; with equal numbers the functions above decide.
std::uint64_t name_order(std::string_view name);
std::uint64_t written_name_order(std::string_view name);

// What a literal with a fraction or an exponent stands for. RFC 8785 would write a `whole_beyond`
// (like 1e17) as an integer beyond ±(2^53−1); no double comes near a `double_beyond` (1e400).
struct Real {
  enum class Kind { finite, whole_beyond, double_beyond };
  Kind kind = Kind::finite;
  double value = 0;
};
Real read_real(std::string_view literal);

}  // namespace assent::json_syntax
