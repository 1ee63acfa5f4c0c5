#include "base/canonical.h"

#include "base/hash.h"
#include "base/random.h"
#include "base/testing_files.h"
#include "base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

namespace assent {
namespace {

constexpr std::string_view kSamples[] = {"arrays", "french", "structures",     "unicode",
                                         "values", "weird",  "rfc8785_sorting"};

TEST(CanonicalJson, H44_MatchesTheRfc8785TestVectors) {
  for (const std::string_view sample : kSamples) {
    const std::string name = std::string(sample) + ".json";
    const std::string input = read_vector("jcs/input/" + name);
    const std::string expected = read_vector("jcs/output/" + name);
    ASSERT_FALSE(expected.empty()) << name;
    const auto value = parse_json(input);
    ASSERT_TRUE(value) << name;
    EXPECT_EQ(canonical_json(*value), expected);
    EXPECT_EQ(canonicalise(input).value(), expected);
    EXPECT_EQ(canonical_json(*parse_json(expected)), expected);
    EXPECT_EQ(canonicalise(expected).value(), expected);
  }
}

double double_of(std::string_view hex) {
  std::uint64_t bits = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
  return std::bit_cast<double>(bits);
}

// Of the numbers of Appendix B those that the writer writes and the reader refuses: whole numbers
// beyond ±(2^53−1) without an exponent, which a reader with doubles would take for a neighbour.
constexpr std::string_view kNotReadBack[] = {"9007199254740992", "-9007199254740992",
                                             "295147905179352830000", "999999999999999700000",
                                             "999999999999999900000"};

TEST(CanonicalJson, H44_WritesNumbersAsAppendixBSays) {
  std::istringstream rows(read_vector("jcs/numbers.txt"));
  std::string bits;
  std::string text;
  int count = 0;
  std::size_t refused = 0;
  for (; rows >> bits >> text; ++count) {
    EXPECT_EQ(canonical_json(Json(double_of(bits))), text) << bits;
    const auto again = canonicalise(text);
    if (std::ranges::find(kNotReadBack, text) == std::end(kNotReadBack)) {
      EXPECT_EQ(again.value(), text);
      continue;
    }
    ++refused;
    ASSERT_FALSE(again) << text;
    EXPECT_NE(again.error().detail.find("beyond ±(2^53−1)"), std::string::npos);
  }
  EXPECT_EQ(count, 24);
  EXPECT_EQ(refused, std::size(kNotReadBack));
}

// The sequence of numbers that the RFC's author published with its hashes; vectors/jcs/README.md.
class PublishedNumbers {
 public:
  PublishedNumbers() {
    std::istringstream rows(read_vector("jcs/es6_static.txt"));
    for (std::string bits; rows >> bits;) first_.push_back(double_of(bits));
    constexpr std::uint64_t kSerialBegin = 0x0010000000000000;
    constexpr std::uint64_t kSerialCount = 2000;
    for (std::uint64_t i = 0; i < kSerialCount; ++i) {
      first_.push_back(std::bit_cast<double>(kSerialBegin + i));
    }
  }

  double next() {
    if (index_ < first_.size()) return first_[index_++];
    double value = 0;
    while (value == 0 || !std::isfinite(value)) value = next_of_chain();
    return value;
  }

 private:
  double next_of_chain() {
    if (used_ == block_.size()) {
      block_ = sha256(as_bytes(block_));
      used_ = 0;
    }
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits |= std::uint64_t{block_[used_++]} << (8 * i);
    return std::bit_cast<double>(bits);
  }

  std::vector<double> first_;
  std::size_t index_ = 0;
  Hash block_ = {};
  std::size_t used_ = block_.size();
};

TEST(CanonicalJson, H44_WritesAMillionPublishedNumbers) {
  const std::map<int, std::string_view> published = {
      {1'000, "be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687"},
      {10'000, "b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892"},
      {100'000, "22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7"},
      {1'000'000, "49415fee2c56c77864931bd3624faad425c3c577d6d74e89a83bc725506dad16"}};
  std::string lines;
  PublishedNumbers numbers;
  for (int count = 1; count <= published.rbegin()->first; ++count) {
    const double number = numbers.next();
    std::array<char, 16> bits;
    const auto end = std::to_chars(bits.data(), bits.data() + bits.size(),
                                   std::bit_cast<std::uint64_t>(number), 16);
    lines.append(bits.data(), end.ptr).append(",");
    append_canonical(lines, Json(number));
    lines.append("\n");
    const auto hash = published.find(count);
    if (hash == published.end()) continue;
    ASSERT_EQ(to_hex(as_bytes(sha256(lines))), hash->second) << count;
  }
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

TEST(CanonicalJsonDeathTest, StopsAtANumberThatHasNoText) {
  EXPECT_DEATH(canonical_json(Json(std::numeric_limits<double>::infinity())), "CHECK failed");
  EXPECT_DEATH(canonical_json(Json(std::numeric_limits<double>::quiet_NaN())), "CHECK failed");
}

}  // namespace
}  // namespace assent
