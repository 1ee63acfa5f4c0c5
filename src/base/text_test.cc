#include "base/text.h"

#include "base/random.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

std::string random_bytes(SeededRandom& random, std::size_t size) {
  std::string bytes(size, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

TEST(Hex, IsWrittenLowAndReadInEitherCase) {
  EXPECT_EQ(to_hex(std::string_view("\x00\xff\x1a", 3)), "00ff1a");
  EXPECT_EQ(from_hex("00fF1A"), std::string("\x00\xff\x1a", 3));
  EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, RefusesHalfBytesAndOtherLetters) {
  for (const auto* const text : {"0", "000", "0g", "g0", " 0", "0x", "0:", "0/", "0@", "0`"}) {
    EXPECT_FALSE(from_hex(text)) << text;
  }
}

// RFC 4648, section 10.
TEST(Base64, AgreesWithTheStandard) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  EXPECT_EQ(to_base64("\xfb\xff\xbf"), "+/+/");
  EXPECT_EQ(to_base64url("\xfb\xff\xbf\xff"), "-_-__w");
}

TEST(Base64, HasOneSpelling) {
  for (const auto* const text : {"Zg", "Zg=", "Zg===", "Zg====", "Z", "Z===", "====", "=",
                                 "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zm 8=", "Zm8=\n",
                                 "Zm8=Zm8=", "Z=g=", "-_-_", "Zm9\xff"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
  for (const auto* const text : {"Zg==", "Zm8=", "Z", "Zh", "Zm9", "+/+/", "Zm9v ", "="}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
}

TEST(Codecs, ReadWhatTheyWrite) {
  SeededRandom random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string bytes = random_bytes(random, size);
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
  }
}

TEST(Base62, IsABigEndianNumberOfGivenWidth) {
  EXPECT_EQ(to_base62("", 0), "");
  EXPECT_EQ(to_base62("", 4), "0000");
  EXPECT_EQ(to_base62(std::string_view("\0\0", 2), 3), "000");
  EXPECT_EQ(to_base62("\x3d", 1), "z");
  EXPECT_EQ(to_base62("\x3e", 1), "10");
  EXPECT_EQ(to_base62("\x3e", 6), "000010");
  EXPECT_EQ(to_base62(std::string_view("\x01\x00", 2), 0), "48");
  EXPECT_EQ(to_base62(std::string(32, '\xff'), 43).size(), 43U);
}

TEST(Base62, KeepsTheOrderOfEqualWidths) {
  SeededRandom random(2);
  for (int i = 0; i < 200; ++i) {
    const std::string a = random_bytes(random, 20);
    const std::string b = random_bytes(random, 20);
    EXPECT_EQ(a < b, to_base62(a, 27) < to_base62(b, 27));
  }
}

TEST(Crc32, AgreesWithItsCheckValue) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(crc32(std::string_view("\0\0\0\0", 4)), 0x2144DF1CU);
}

std::uint32_t crc32_bit_by_bit(std::string_view bytes) {
  std::uint32_t rest = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    rest ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) rest = rest % 2 == 1 ? 0xEDB88320U ^ rest >> 1 : rest >> 1;
  }
  return ~rest;
}

TEST(Crc32, IsTheSameByBitsAndInWideSteps) {
  SeededRandom random(5);
  for (std::size_t size = 0; size < 400; ++size) {
    const std::string bytes = random_bytes(random, size);
    EXPECT_EQ(crc32(bytes), crc32_bit_by_bit(bytes)) << size << " bytes";
  }
}

TEST(Glob, LetsAStarStandForAnyRun) {
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("**", "anything"));
  EXPECT_TRUE(matches_glob("fs.*", "fs.read"));
  EXPECT_TRUE(matches_glob("fs.*", "fs."));
  EXPECT_TRUE(matches_glob("*.read", "fs.read"));
  EXPECT_TRUE(matches_glob("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(matches_glob("a*bc", "abcbc"));
  EXPECT_TRUE(matches_glob("a*a", "aa"));
  EXPECT_TRUE(matches_glob("*é*", "caf\xc3\xa9s"));
}

TEST(Glob, TakesEverythingElseLiterallyAndWhole) {
  EXPECT_FALSE(matches_glob("", "a"));
  EXPECT_FALSE(matches_glob("a", ""));
  EXPECT_FALSE(matches_glob("fs.*", "fs"));
  EXPECT_FALSE(matches_glob("fs.*", "xfs.read"));
  EXPECT_FALSE(matches_glob("*.read", "fs.read2"));
  EXPECT_FALSE(matches_glob("fs.read", "fs_read"));
  EXPECT_FALSE(matches_glob("fs?read", "fs.read"));
  EXPECT_FALSE(matches_glob("[a]", "a"));
  EXPECT_FALSE(matches_glob("a*a", "a"));
  EXPECT_FALSE(matches_glob("A", "a"));
}

// The obvious definition, exponential and so short that it is plainly right.
bool matches_naively(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*') {
    return !text.empty() && pattern.front() == text.front() &&
           matches_naively(pattern.substr(1), text.substr(1));
  }
  return matches_naively(pattern.substr(1), text) ||
         (!text.empty() && matches_naively(pattern, text.substr(1)));
}

TEST(Glob, AgreesWithTheObviousDefinition) {
  SeededRandom random(3);
  const auto word = [&](std::string_view letters, std::size_t size) {
    std::string made;
    while (made.size() < size) made.push_back(letters[random.next() % letters.size()]);
    return made;
  };
  for (int i = 0; i < 50'000; ++i) {
    const std::string pattern = word("ab*", random.next() % 7);
    const std::string text = word("ab", random.next() % 9);
    ASSERT_EQ(matches_glob(pattern, text), matches_naively(pattern, text))
        << pattern << " " << text;
  }
}

// Were it exponential, it would not end.
TEST(Glob, DoesNotExplode) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(matches_glob(pattern + "*b", std::string(10'000, 'a')));
}

TEST(Text, LinesAreTakenWithTheirNewlines) {
  std::string_view text = "one\n\nthree";
  EXPECT_EQ(take_line(text), "one");
  EXPECT_EQ(take_line(text), "");
  EXPECT_FALSE(take_line(text)) << "it has no newline";
  EXPECT_EQ(text, "three");
}

TEST(Text, ADecimalHasOneSpelling) {
  EXPECT_EQ(from_decimal("0"), 0U);
  EXPECT_EQ(from_decimal("18446744073709551615"), 18446744073709551615U);
  for (const char* bad :
       {"", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "0x1", "18446744073709551616", "1e3"}) {
    EXPECT_FALSE(from_decimal(bad)) << bad;
  }
}

}  // namespace
}  // namespace assent
