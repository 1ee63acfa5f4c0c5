// The CRC of text.h: every record of a spool has one.
#include "base/text.h"

#include <array>
#include <bit>
#include <cstring>

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

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t rest = 0xFFFFFFFFU;
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
  return ~rest;
}

}  // namespace assent
