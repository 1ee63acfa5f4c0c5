// What letters look like, for finding what somebody may have hidden in a text.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace assent {

// `text` in the plain letters that it looks like, of the same case: without accents, full-width
// forms and what is invisible, and with the Cyrillic, Greek, Armenian and small-capital letters
// that nobody can tell from Latin ones as those. For finding what somebody may have hidden: two
// texts that have the same plain letters need not mean the same. REQUIRES: is_utf8(text).
std::string plain_letters(std::string_view text);
// What the first character of `text` is, and its length in bytes. REQUIRES: it is not empty.
struct Letter {
  enum class Kind { sign, digit, capital, small, caseless };
  Kind kind = Kind::sign;
  std::size_t length = 1;
};
Letter first_letter_beyond_ascii(std::string_view text);
inline Letter first_letter(std::string_view text) {
  static constexpr auto kAscii = [] {
    std::array<Letter::Kind, 128> kinds{};
    for (char c = 'a'; c <= 'z'; ++c) kinds[static_cast<std::size_t>(c)] = Letter::Kind::small;
    for (char c = 'A'; c <= 'Z'; ++c) kinds[static_cast<std::size_t>(c)] = Letter::Kind::capital;
    for (char c = '0'; c <= '9'; ++c) kinds[static_cast<std::size_t>(c)] = Letter::Kind::digit;
    return kinds;
  }();
  const auto byte = static_cast<unsigned char>(text[0]);
  return byte < 128 ? Letter{.kind = kAscii[byte]} : first_letter_beyond_ascii(text);
}

// `text` with each `%41` as the byte that it stands for, and ' ' for what is no UTF-8 by that.
// REQUIRES: is_utf8(text).
std::string percent_decoded(std::string_view text);

}  // namespace assent
