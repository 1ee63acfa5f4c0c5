#include "base/letters.h"
#include "base/text.h"

#include <gtest/gtest.h>

#include <ctime>

namespace assent {
namespace {

// Rows of Unicode's NormalizationTest.txt, one for each way in which a text is not in form C.
TEST(Unicode, ATextInFormCHasOneSpelling) {
  for (const std::string_view text : {"", "plain", "caf\u00e9", "\u00c5", "\u1e69", "\uac00",
                                      "\u0130", "\u4e2d\u6587", "\U0001f600"}) {
    EXPECT_TRUE(is_nfc(text)) << text;
  }
  for (const std::string_view text : {"cafe\u0301",     // Composes.
                                      "\u212b",         // Angstrom sign: the same as Å.
                                      "s\u0307\u0323",  // Marks out of order.
                                      "\u1100\u1161",   // Hangul that composes.
                                      "\u0344",         // Excluded from composition.
                                      "\u2126",         // Ohm sign.
                                      "\uf900",  // A compatibility ideograph with a canonical twin.
                                      "\U0001d15e",  // A musical symbol that form C takes apart.
                                      "a\u0315\u0300\u05ae\u0300"}) {
    EXPECT_FALSE(is_nfc(text)) << text;
  }
}

std::vector<std::string_view> split_words(std::string_view folded) {
  std::vector<std::string_view> words;
  for (auto word = take_word(folded); !word.empty(); word = take_word(folded)) {
    words.push_back(word);
  }
  return words;
}

TEST(Unicode, TextThatLooksAlikeFoldsToTheSame) {
  EXPECT_EQ(fold("Production"), "production");
  EXPECT_EQ(fold(""), "");
  EXPECT_EQ(fold("\uff30\uff32\uff2f\uff24"), "prod");  // Full width.
  EXPECT_EQ(fold("pr\u200bod"), "prod");                // Zero-width space.
  EXPECT_EQ(fold("\u00adprod\u2060"), "prod");          // Soft hyphen, word joiner.
  EXPECT_EQ(fold("STRASSE"), fold("stra\u00dfe"));
  EXPECT_EQ(fold("\u00c9"), fold("e\u0301"));
  EXPECT_EQ(fold("\u2168"), "ix");         // Roman numeral nine.
  EXPECT_EQ(fold("\u2003prod"), " prod");  // An em space is a space.
  // Eighteen characters out of one.
  const std::string many = fold("\ufdfa");
  EXPECT_EQ(split_words(many).size(), 4U);
}

TEST(Unicode, WordsAreRunsOfLettersAndDigits) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(split_words(""), Words{});
  EXPECT_EQ(split_words("--"), Words{});
  EXPECT_EQ(split_words("one"), Words{"one"});
  EXPECT_EQ(split_words("production-eu"), (Words{"production", "eu"}));
  EXPECT_EQ(split_words("/eu/prod.2_b "), (Words{"eu", "prod", "2", "b"}));
  EXPECT_EQ(split_words("caf\u00e9 \u4e2d\u6587"), (Words{"caf\u00e9", "\u4e2d\u6587"}));
  EXPECT_EQ(split_words("prod\u2013eu"), (Words{"prod", "eu"}));  // En dash.
  EXPECT_EQ(split_words("q\u0307x"), Words{"q\u0307x"});          // A mark belongs to its letter.
}

// However many marks somebody puts on one letter, and in whichever order.
TEST(Unicode, MarksAreOrderedInTimeInProportionToHowManyThereAre) {
  for (const std::string_view marks : {"\u0315\u0300", "\u0f73", "\u0300\uff9e"}) {
    std::string text = "a";
    while (text.size() < 1'000'000) text += marks;
    const std::clock_t begin = std::clock();
    is_nfc(text);
    fold(text);
    plain_letters(text);
    EXPECT_LT(std::clock() - begin, 10 * CLOCKS_PER_SEC);
  }
  std::string ordered = "a";
  for (const std::string_view mark : {"\u0300", "\u0315"}) {
    for (int i = 0; i < 3; ++i) ordered += mark;
  }
  EXPECT_EQ(fold("A\u0315\u0300\u0315\u0300\u0315\u0300"), fold(ordered)) << "stable";
}

TEST(Unicode, PlainLettersAreWhatATextLooksLike) {
  EXPECT_EQ(plain_letters("Prod-1"), "Prod-1");
  EXPECT_EQ(plain_letters("\u0420\u0440\u03bfd"), "Ppod");  // Cyrillic, Cyrillic, Greek.
  EXPECT_EQ(plain_letters("\uff30r\u00f3d\u0336\u200b"), "Prod");
  EXPECT_EQ(plain_letters("\u1d18\u0280\u1d0f\u1d05"), "PROD");
  EXPECT_EQ(plain_letters("\u0430\u0431\u0432"), "a\u0431\u0432") << "what looks like no other";
  EXPECT_EQ(plain_letters("\u0928\u094d\u0926"), "\u0928\u094d\u0926") << "no accents";
}

TEST(Unicode, EveryLetterHasAKind) {
  using Kind = Letter::Kind;
  EXPECT_EQ(first_letter("a-").kind, Kind::small);
  EXPECT_EQ(first_letter("Z").kind, Kind::capital);
  EXPECT_EQ(first_letter("7").kind, Kind::digit);
  EXPECT_EQ(first_letter("_").kind, Kind::sign);
  EXPECT_EQ(first_letter("\u0414").kind, Kind::capital);
  EXPECT_EQ(first_letter("\u4e2d").kind, Kind::caseless);
  EXPECT_EQ(first_letter("\u4e2d").length, 3U);
  EXPECT_EQ(first_letter("\xff").length, 1U);
}

TEST(Unicode, PercentEncodingIsSeenThroughAndWhatIsNoneStays) {
  EXPECT_EQ(percent_decoded("%70r%6Fd"), "prod");
  EXPECT_EQ(percent_decoded("%2570"), "%70");
  EXPECT_EQ(percent_decoded("100% %7 %zz %"), "100% %7 %zz %");
  EXPECT_EQ(percent_decoded("%d1%80"), "\u0440");
  EXPECT_EQ(percent_decoded("a%ff%d1b"), "a  b");
}

}  // namespace
}  // namespace assent
