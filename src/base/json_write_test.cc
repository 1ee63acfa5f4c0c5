#include "base/json.h"
#include "base/random.h"
#include "base/testing_files.h"
#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <sstream>

namespace assent {
namespace {

class CanonicalSample : public testing::TestWithParam<const char*> {};

TEST_P(CanonicalSample, IsWrittenAsPublished) {
  const std::string name = std::string(GetParam()) + ".json";
  const std::string expected = read_vector("jcs/output/" + name);
  ASSERT_FALSE(expected.empty());
  const auto value = parse_json(read_vector("jcs/input/" + name));
  ASSERT_TRUE(value);
  EXPECT_EQ(canonical_json(*value), expected);
  EXPECT_EQ(canonical_json(*parse_json(expected)), expected);
}

INSTANTIATE_TEST_SUITE_P(Published, CanonicalSample,
                         testing::Values("arrays", "french", "structures", "unicode", "values",
                                         "weird", "rfc8785_sorting"),
                         [](const auto& sample) { return std::string(sample.param); });

TEST(CanonicalJson, WritesNumbersAsTheAppendixSays) {
  std::istringstream rows(read_vector("jcs/numbers.txt"));
  std::string bits;
  std::string text;
  int count = 0;
  for (; rows >> bits >> text; ++count) {
    std::uint64_t word = 0;
    std::from_chars(bits.data(), bits.data() + bits.size(), word, 16);
    EXPECT_EQ(canonical_json(Json(std::bit_cast<double>(word))), text) << bits;
  }
  EXPECT_EQ(count, 24);
}

TEST(CanonicalJson, PlacesThePointAsEcmaScriptDoes) {
  const std::pair<double, const char*> cases[] = {
      {-0.0, "0"},
      {1.0, "1"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {-1.25e-6, "-0.00000125"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {1.5e21, "1.5e+21"},
      {123e-20, "1.23e-18"},
      {1e100, "1e+100"},
      {1e-100, "1e-100"},
      {9007199254740991.0, "9007199254740991"},
      {9007199254740994.0, "9007199254740994"},
      {2251799813685249.5, "2251799813685249.5"},
      {123456.789, "123456.789"},
      {-123456789012345680000.0, "-123456789012345680000"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(canonical_json(Json(value)), text);
}

TEST(CanonicalJson, WritesIntegersWhole) {
  EXPECT_EQ(canonical_json(Json(0)), "0");
  EXPECT_EQ(canonical_json(Json(-1)), "-1");
  EXPECT_EQ(canonical_json(Json(std::int64_t{9007199254740991})), "9007199254740991");
  EXPECT_EQ(canonical_json(Json(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
}

TEST(CanonicalJson, EscapesOnlyWhatItMust) {
  std::string all;
  for (char c = 0; c < 0x20; ++c) all.push_back(c);
  EXPECT_EQ(
      canonical_json(Json(all)),
      "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e"
      "\\u000f\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a"
      "\\u001b\\u001c\\u001d\\u001e\\u001f\"");
  EXPECT_EQ(canonical_json(Json("\"\\/<>&'\x7f\u2028é😀")), "\"\\\"\\\\/<>&'\x7f\u2028é😀\"");
}

// `text` in UTF-16 code units: the order that the RFC asks for, made the slow way.
std::u16string utf16(std::string_view text) {
  std::u16string units;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) code = code << 6 | (text[i + k] & 0x3F);
    i += length;
    if (code < 0x10000) {
      units.push_back(static_cast<char16_t>(code));
    } else {
      units.push_back(static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10)));
      units.push_back(static_cast<char16_t>(0xDC00 + ((code - 0x10000) & 0x3FF)));
    }
  }
  return units;
}

TEST(CanonicalJson, SortsKeysByUtf16) {
  const std::string_view letters[] = {"a",      "B",      "\x7f",       "é",
                                      "\u0800", "\ud7ff", "\ue000",     "\ufb33",
                                      "\uffff", "😀",      "\U00010000", "\U0010FFFF"};
  SeededRandom random(1);
  for (int round = 0; round < 2000; ++round) {
    Json object = Json::object();
    std::vector<std::pair<std::u16string, std::string>> expected;
    for (std::size_t i = random.next() % 50; i > 0; --i) {
      std::string key;
      for (std::size_t k = random.next() % 4; k > 0; --k) {
        key += letters[random.next() % std::size(letters)];
      }
      if (object.find(key) != nullptr) continue;
      object.set(key, 0);
      expected.emplace_back(utf16(key), key);
    }
    std::sort(expected.begin(), expected.end());
    std::string text = "{";
    for (const auto& [units, key] : expected) {
      text += (text.size() == 1 ? "\"" : ",\"") + key + "\":0";
    }
    ASSERT_EQ(canonical_json(object), text + "}");
  }
}

TEST(CanonicalJson, DoesNotDependOnTheOrderOfArrival) {
  const auto a = parse_json(R"({"b":[{"y":1,"x":2.0}],"a":"é"})");
  const auto b = parse_json(R"( { "a" : "\u00e9", "b" : [ { "x" : 2, "y" : 1.0 } ] } )");
  ASSERT_TRUE(a && b);
  EXPECT_EQ(canonical_json(*a), R"({"a":"é","b":[{"x":2,"y":1}]})");
  EXPECT_EQ(canonical_json(*a), canonical_json(*b));
}

TEST(JsonText, KeepsTheOrderAndIndentsOnRequest) {
  const auto value = parse_json(R"({"b":[1,{"c":2.50}],"a":{},"d":[]})");
  ASSERT_TRUE(value);
  EXPECT_EQ(json_text(*value), R"({"b":[1,{"c":2.5}],"a":{},"d":[]})");
  EXPECT_EQ(
      json_text(*value, 2),
      "{\n  \"b\": [\n    1,\n    {\n      \"c\": 2.5\n    }\n  ],\n  \"a\": {},\n  \"d\": []\n}");
  EXPECT_EQ(json_text(Json::array(), 2), "[]");
  EXPECT_EQ(json_text(Json("x"), 2), "\"x\"");
}

TEST(CanonicalJsonDeathTest, StopsAtANumberThatHasNoText) {
  EXPECT_DEATH(canonical_json(Json(std::numeric_limits<double>::infinity())), "CHECK failed");
  EXPECT_DEATH(canonical_json(Json(std::numeric_limits<double>::quiet_NaN())), "CHECK failed");
}

}  // namespace
}  // namespace assent
