#include "base/random.h"
#include "base/text.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

// `code` as UTF-8 would write it, also where it may not.
std::string encoded(char32_t code) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  const auto tail = [&](int shift) { return byte(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {byte(0xE0 | code >> 12), tail(6), tail(0)};
  return {byte(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, IsEveryScalarValueAndNothingElse) {
  for (char32_t code = 0; code < 0x120000; ++code) {
    const bool is_scalar = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    ASSERT_EQ(is_utf8(encoded(code)), is_scalar) << std::hex << static_cast<unsigned>(code);
  }
}

TEST(Utf8, RefusesOverlongTruncatedAndStrayBytes) {
  for (const auto* const text : {"\x80",
                                 "\xbf",
                                 "\xc0\x80",
                                 "\xc1\xbf",
                                 "\xe0\x80\x80",
                                 "\xe0\x9f\xbf",
                                 "\xf0\x80\x80\x80",
                                 "\xf0\x8f\xbf\xbf",
                                 "\xf4\x90\x80\x80",
                                 "\xf5\x80\x80\x80",
                                 "\xfe",
                                 "\xff",
                                 "\xc3",
                                 "\xe2\x82",
                                 "\xf0\x9f\x98",
                                 "\xc3(",
                                 "\xe2(\x82",
                                 "\xe2\x82(",
                                 "\xed\xa0\x80",
                                 "\xed\xbf\xbf"}) {
    EXPECT_EQ(first_bad_utf8(text), 0U) << to_hex(text);
  }
}

TEST(Utf8, SaysWhereItBreaks) {
  EXPECT_FALSE(first_bad_utf8(""));
  EXPECT_FALSE(first_bad_utf8(std::string_view("\0", 1)));
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string ascii(before, 'a');
    EXPECT_EQ(first_bad_utf8(ascii + "\xff" + "later"), before);
    EXPECT_EQ(first_bad_utf8(ascii + "é" + "\xc3"), before + 2);
    EXPECT_FALSE(first_bad_utf8(ascii + "é€😀" + ascii));
  }
}

TEST(TerminalEscape, LeavesPrintableTextAlone) {
  for (const auto* const text : {"", "plain \\ text ~", "déjà vu", "Привет", "日本語", "😀🇩🇪",
                                 "a\u0301", "שלום", "مرحبا", "\u00a0\u3000"}) {
    EXPECT_EQ(escape_for_terminal(text), text);
  }
}

TEST(TerminalEscape, NamesWhatItHides) {
  EXPECT_EQ(escape_for_terminal("a\nb\tc\rd\x1b[31m\x7f"),
            "a\\u{000A}b\\u{0009}c\\u{000D}d\\u{001B}[31m\\u{007F}");
  EXPECT_EQ(escape_for_terminal(std::string_view("\0", 1)), "\\u{0000}");
  EXPECT_EQ(escape_for_terminal("\u202e"), "\\u{202E}");
  EXPECT_EQ(escape_for_terminal("\U000E0061"), "\\u{E0061}");
  EXPECT_EQ(escape_for_terminal("\U0010FFFF"), "\\u{10FFFF}");
}

TEST(TerminalEscape, NamesEveryByteThatIsNoUtf8) {
  EXPECT_EQ(escape_for_terminal("a\xff\xc3(\xed\xa0\x80"), "a\\x{FF}\\x{C3}(\\x{ED}\\x{A0}\\x{80}");
  EXPECT_EQ(escape_for_terminal("\xe2\x82"), "\\x{E2}\\x{82}");
  EXPECT_EQ(escape_for_terminal("\x9b"
                                "31m"),
            "\\x{9B}31m");  // CSI in one byte.
}

TEST(TerminalEscape, HidesEveryDangerousRange) {
  const std::pair<char32_t, char32_t> ranges[] = {
      {0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},       {0x61C, 0x61C},
      {0x115F, 0x1160},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
      {0x2060, 0x206F},   {0x3164, 0x3164},   {0xE000, 0xF8FF},   {0xFDD0, 0xFDEF},
      {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0xFFFE, 0xFFFF},
      {0x1FFFE, 0x1FFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0xE01EF}, {0xF0000, 0x10FFFF}};
  for (const auto& [first, last] : ranges) {
    for (char32_t code = first; code <= last; ++code) {
      ASSERT_TRUE(escape_for_terminal(encoded(code)).starts_with("\\u{")) << unsigned{code};
    }
  }
}

TEST(TerminalEscape, StopsAtTheEdgesOfTheRanges) {
  for (const char32_t code : {0x20,   0x7E,   0xA0,   0xAC,   0xAE,   0x61B,   0x61D,   0x1161,
                              0x1810, 0x200A, 0x2010, 0x2027, 0x202F, 0x205F,  0x2070,  0xF900,
                              0xFDCF, 0xFDF0, 0xFE10, 0xFFFC, 0xFFFD, 0x10000, 0x1FFFD, 0xE1000}) {
    EXPECT_EQ(escape_for_terminal(encoded(code)), encoded(code)) << unsigned{code};
  }
}

TEST(TerminalEscape, MakesAnyBytesHarmless) {
  SeededRandom random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random.next() % 60, '\0');
    random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    const std::string safe = escape_for_terminal(bytes);
    ASSERT_TRUE(is_utf8(safe));
    ASSERT_EQ(escape_for_terminal(safe), safe);
  }
}

}  // namespace
}  // namespace assent
