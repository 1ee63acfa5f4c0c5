#include "base/json_syntax.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>

namespace assent::json_syntax {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighs = 0x8080808080808080U;
constexpr std::size_t kOrderBytes = 8;

// RFC 8785 writes whole numbers below this without an exponent, so they read as integers.
constexpr double kFirstWithExponent = 1e21;

// Marks the bytes of `word` below `n`, which is at most 0x80 (Mycroft). The lowest mark is exact,
// those above it may be of a borrow.
constexpr std::uint64_t bytes_below(std::uint64_t word, std::uint64_t n) {
  return (word - kOnes * n) & ~word & kHighs;
}

// Marks the bytes that a string of JSON must escape, as bytes_below().
constexpr std::uint64_t not_plain(std::uint64_t word) {
  return bytes_below(word, 0x20) | bytes_below(word ^ (kOnes * '"'), 1) |
         bytes_below(word ^ (kOnes * '\\'), 1);
}

// The first four bytes and the last four. REQUIRES: there are as many.
std::uint64_t four_and_four(std::string_view text) {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::memcpy(&first, text.data(), 4);
  std::memcpy(&last, text.data() + text.size() - 4, 4);
  return std::uint64_t{last} << 32 | first;
}

// The first byte of a character of a name as written, and how far to go on.
struct NameByte {
  char byte;
  std::size_t length;
};
NameByte name_byte(std::string_view name) {
  if (name.front() != '\\') return {name.front(), 1};
  constexpr std::string_view kLetters = "btnfr\"\\";
  constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
  if (const auto at = kLetters.find(name[1]); at != kLetters.npos) return {kMeanings[at], 2};
  const auto digit = [](char c) { return is_digit(c) ? c - '0' : c - 'a' + 10; };
  return {static_cast<char>(digit(name[4]) * 16 + digit(name[5])), 6};
}

std::uint64_t first_bytes(std::string_view text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text.data(), std::min(text.size(), kOrderBytes));
  return word;
}

// From the order of memory to the first byte as the most significant.
constexpr std::uint64_t first_byte_highest(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) return word;
  std::uint64_t swapped = 0;
  for (std::size_t i = 0; i < kOrderBytes; ++i, word >>= 8) swapped = swapped << 8 | (word & 0xFF);
  return swapped;
}

}  // namespace

// Eight at a time; the last eight may be looked at twice.
std::size_t plain_length(std::string_view text) {
  const auto is_plain = [](char c) {
    return static_cast<std::uint8_t>(c) >= 0x20 && c != '"' && c != '\\';
  };
  std::size_t length = 0;
  if (text.size() < 8) {
    if (text.size() >= 4 && not_plain(four_and_four(text)) == 0) return text.size();
    while (length < text.size() && is_plain(text[length])) ++length;
    return length;
  }
  while (length < text.size()) {
    length = std::min(length, text.size() - 8);
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + length, 8);
    const std::uint64_t found = not_plain(word);
    if (found == 0) {
      length += 8;
    } else if constexpr (std::endian::native == std::endian::little) {
      return length + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    } else {
      while (is_plain(text[length])) ++length;
      return length;
    }
  }
  return length;
}

std::size_t escape_length(std::string_view text) {
  if (text.size() < 2 || text.front() != '\\') return 0;
  if (std::string_view("btnfr\"\\").find(text[1]) != std::string_view::npos) return 2;
  if (!text.starts_with("\\u00") || text.size() < 6) return 0;
  const bool is_low = text[4] == '0' && std::string_view("89acd").find(text[5]) == text.npos;
  if (!is_low && text[4] != '1') return 0;
  if (text[4] == '0' && text[5] == 'b') return 6;  // U+000B has no short form.
  return is_digit(text[5]) || (text[5] >= 'a' && text[5] <= 'f') ? 6 : 0;
}

bool name_precedes(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() || y == b.end()) return a.size() < b.size();
  return utf16_rank(*x) < utf16_rank(*y);
}

bool written_name_precedes(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const NameByte x = name_byte(a);
    const NameByte y = name_byte(b);
    if (x.byte != y.byte) return utf16_rank(x.byte) < utf16_rank(y.byte);
    a.remove_prefix(x.length);
    b.remove_prefix(y.length);
  }
  return a.empty() && !b.empty();
}

std::uint64_t name_order(std::string_view name) {
  const std::uint64_t word = first_bytes(name);
  if ((word & kHighs) == 0) return first_byte_highest(word);
  std::uint64_t order = 0;
  for (std::size_t i = 0; i < kOrderBytes; ++i) {
    order = order << 8 | (i < name.size() ? utf16_rank(name[i]) : 0U);
  }
  return order;
}

std::uint64_t written_name_order(std::string_view name) {
  const std::uint64_t word = first_bytes(name);
  if (((word & kHighs) | bytes_below(word ^ (kOnes * '\\'), 1)) == 0) {
    return first_byte_highest(word);
  }
  std::uint64_t order = 0;
  for (std::size_t i = 0; i < kOrderBytes; ++i) {
    order <<= 8;
    if (name.empty()) continue;
    const NameByte next = name_byte(name);
    order |= utf16_rank(next.byte);
    name.remove_prefix(next.length);
  }
  return order;
}

// std::from_chars rounds correctly. A reader that is one unit in the last place off would hash the
// same document differently.
Real read_real(std::string_view literal) {
  Real real;
  const char* const end = literal.data() + literal.size();
  const auto read = std::from_chars(literal.data(), end, real.value);
  if (read.ec != std::errc() || read.ptr != end) return {.kind = Real::Kind::double_beyond};
  const double size = std::abs(real.value);
  if (size > static_cast<double>(kIntegerMax) && size < kFirstWithExponent) {
    return {.kind = Real::Kind::whole_beyond};
  }
  return real;
}

}  // namespace assent::json_syntax
