// The CRC of text.h: every record of a spool has one.
#include "base/text.h"

#include <array>
#include <bit>
#include <cstring>
#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace assent {
namespace {

// As Intel's "slicing" has them: the n-th table says what a byte does to the rest once n more have
// followed it, so that the bytes of a word are looked up independently of each other.
using Tables = std::array<std::array<std::uint32_t, 256>, 16>;
constexpr Tables make_tables() {
  Tables tables = {};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit) rest = rest % 2 == 1 ? 0xEDB88320U ^ rest >> 1 : rest >> 1;
    tables[0][i] = rest;
  }
  for (std::size_t n = 1; n < tables.size(); ++n) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[n - 1][i];
      tables[n][i] = tables[0][before & 0xFF] ^ before >> 8;
    }
  }
  return tables;
}
constexpr Tables kTables = make_tables();

// Its first byte is the lowest.
std::uint64_t word_at(const char* bytes) {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, bytes, sizeof(word));
  } else {
    for (int i = 7; i >= 0; --i) word = word << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  return word;
}

// What the eight bytes of `word` do to the rest when `Behind` bytes more have followed.
template <std::size_t Behind>
std::uint32_t looked_up(std::uint64_t word) {
  return kTables[Behind + 7][word & 0xFF] ^ kTables[Behind + 6][word >> 8 & 0xFF] ^
         kTables[Behind + 5][word >> 16 & 0xFF] ^ kTables[Behind + 4][word >> 24 & 0xFF] ^
         kTables[Behind + 3][word >> 32 & 0xFF] ^ kTables[Behind + 2][word >> 40 & 0xFF] ^
         kTables[Behind + 1][word >> 48 & 0xFF] ^ kTables[Behind][word >> 56];
}

std::uint32_t advance(std::uint32_t rest, std::string_view bytes) {
  for (; bytes.size() >= 16; bytes.remove_prefix(16)) {
    rest = looked_up<8>(word_at(bytes.data()) ^ rest) ^ looked_up<0>(word_at(bytes.data() + 8));
  }
  if (bytes.size() >= 8) {
    rest = looked_up<0>(word_at(bytes.data()) ^ rest);
    bytes.remove_prefix(8);
  }
  for (const char byte : bytes) {
    rest = kTables[0][(rest ^ static_cast<std::uint8_t>(byte)) & 0xFF] ^ rest >> 8;
  }
  return rest;
}

#ifdef __x86_64__

// Intel's "Fast CRC Computation Using PCLMULQDQ": bytes are folded onto those that come some
// distance later, which changes nothing in the rest of them all, until 16 are left. The factors
// are those of the paper, for 64 and for 16 bytes.
constexpr std::size_t kFoldedMin = 64;

[[gnu::target("pclmul")]] __m128i load(const char* bytes) {
  __m128i value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

[[gnu::target("pclmul")]] __m128i fold(__m128i value, __m128i factors, __m128i onto) {
  const __m128i low = _mm_clmulepi64_si128(value, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(value, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), onto);
}

// REQUIRES: kFoldedMin bytes, and a processor that can.
[[gnu::target("pclmul")]] std::uint32_t advance_folding(std::uint32_t rest,
                                                        std::string_view bytes) {
  const __m128i by_64 = _mm_set_epi64x(0x1C6E41596, 0x154442BD4);
  const __m128i by_16 = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
  const char* next = bytes.data();
  std::size_t left = bytes.size() - kFoldedMin;
  __m128i a = _mm_xor_si128(load(next), _mm_cvtsi32_si128(static_cast<int>(rest)));
  __m128i b = load(next + 16);
  __m128i c = load(next + 32);
  __m128i d = load(next + 48);
  for (next += 64; left >= 64; next += 64, left -= 64) {
    a = fold(a, by_64, load(next));
    b = fold(b, by_64, load(next + 16));
    c = fold(c, by_64, load(next + 32));
    d = fold(d, by_64, load(next + 48));
  }
  __m128i folded = fold(fold(fold(a, by_16, b), by_16, c), by_16, d);
  for (; left >= 16; next += 16, left -= 16) folded = fold(folded, by_16, load(next));
  std::array<char, 16> last;
  std::memcpy(last.data(), &folded, sizeof(folded));
  return advance(advance(0, {last.data(), last.size()}), {next, left});
}

#endif

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  constexpr std::uint32_t kAll = 0xFFFFFFFFU;
#ifdef __x86_64__
  if (bytes.size() >= kFoldedMin && __builtin_cpu_supports("pclmul")) {
    return ~advance_folding(kAll, bytes);
  }
#endif
  return ~advance(kAll, bytes);
}

}  // namespace assent
