#include "base/canonical.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <sstream>

namespace assent {
namespace {

// What is wrong with `text`, as `path: message`; `ok` if nothing.
std::string fault(std::string_view text, JsonLimits limits = {}) {
  const auto value = parse_json(text, limits);
  if (value) return "ok";
  EXPECT_EQ(value.error().code, Code::validation_error);
  EXPECT_EQ(value.error().fields.size(), 1U);
  return value.error().fields[0].path + ": " + value.error().fields[0].message;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(ParseJson, ReadsEveryKind) {
  const auto value = parse_json(
      " {\"a\" : [1, -2.5, \"x\\n\\u00e9\\ud83d\\ude00\\/\", true, false, null, {}, []],\"\":0} "
      "\n");
  ASSERT_TRUE(value);
  Json::Array items;
  items.emplace_back(1);
  items.emplace_back(-2.5);
  items.emplace_back("x\né😀/");
  items.emplace_back(true);
  items.emplace_back(false);
  items.emplace_back();
  items.push_back(Json::object());
  items.push_back(Json::array());
  EXPECT_EQ(*value, Json::object({{"a", Json(items)}, {"", 0}}));
  EXPECT_EQ(value->members()[0].first, "a");
}

TEST(ParseJson, ReadsAScalarAlone) {
  EXPECT_EQ(*parse_json("0"), Json(0));
  EXPECT_EQ(*parse_json("-0"), Json(0));
  EXPECT_EQ(*parse_json(" \"a\"\t\r\n"), Json("a"));
  EXPECT_EQ(*parse_json("null"), Json());
  EXPECT_EQ(*parse_json("\"\\u0000\""), Json(std::string(1, '\0')));
}

constexpr std::string_view kNotJson = R"text({
}
[
]
[1
[1,
[1,]
[,1]
[1 2]
{"a"}
{"a":}
{"a":1,}
{"a" 1}
{a:1}
{'a':1}
nul
nulll
True
undefined
NaN
Infinity
-Infinity
-
+1
01
-01
00
-00.5
1.
.5
1.e1
1e
1e+
0x10
1_0
"
"a
"\x"
"\u12"
"\u12g4"
//c 1
/*c*/1
1 2
1,
{}{}
[]x)text";

// Also padded, because the tokeniser has another path when many bytes follow.
TEST(ParseJson, RefusesWhatIsNotJson) {
  std::istringstream lines{std::string(kNotJson)};
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_NE(fault(line), "ok") << line;
    EXPECT_NE(fault(line + std::string(40, ' ')), "ok") << line;
  }
  EXPECT_EQ(count, 46);
  for (const auto* const text : {"", " ", "\"a\nb\"", "\"\t\"",
                                 "\xEF\xBB\xBF"
                                 "1",
                                 "\v1", "\u00a01"}) {
    EXPECT_NE(fault(text), "ok") << text;
  }
  EXPECT_NE(fault(std::string_view("1\0", 2)), "ok");
  EXPECT_NE(fault(std::string_view("\0"
                                   "1",
                                   2)),
            "ok");
  EXPECT_NE(fault(std::string_view("\"\0\"", 3)), "ok");
}

TEST(ParseJson, RefusesBadUtf8AndHalfSurrogates) {
  for (const auto* const bytes : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                  "\xe2\x82", "\x80", "\xf0\x8f\xbf\xbf"}) {
    const std::string quoted = std::string("\"") + bytes + "\"";
    EXPECT_EQ(fault(quoted), ": the text is not UTF-8") << to_hex(bytes);
    EXPECT_EQ(fault("{\"k\":[" + quoted + "]}"), "k[0]: the text is not UTF-8");
    EXPECT_EQ(fault("{" + quoted + ":1}"), ": the text is not UTF-8");
  }
  for (const auto* const text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\n")",
                                 R"("\ud800\ud800")", R"("\udbff\u0041")", R"("\ud83d \ude00")",
                                 R"({"\ud800":1})", R"("\udfff\ud800")", R"("\uD800\u")"}) {
    EXPECT_NE(fault(text), "ok") << text;
  }
  EXPECT_TRUE(contains(fault(R"("\udc00")"), "surrogate"));
  EXPECT_EQ(*parse_json(R"("\udbff\udfff")"), Json("\U0010FFFF"));
}

TEST(ParseJson, RefusesAKeyThatOccursTwice) {
  const std::string twice = ": this key occurs twice in its object";
  EXPECT_EQ(fault(R"({"a":1,"a":1})"), "a" + twice);
  EXPECT_EQ(fault(R"({"a":1,"\u0061":2})"), "a" + twice);
  EXPECT_EQ(fault(R"({"x":{"a":1},"arguments":{"b":1,"path":[1],"path":2}})"),
            "arguments.path" + twice);
  EXPECT_EQ(fault(R"({"events":[1,{"a":1},{},{"x":[[]],"type":1,"type":2}]})"),
            "events[3].type" + twice);
  EXPECT_EQ(fault(R"([[0,{"a":1,"b":{},"a":3}]])"), "[0][1].a" + twice);
  EXPECT_EQ(fault(R"({"":1,"":2})"), twice);
  EXPECT_EQ(fault(R"({"a":{"a":1},"b":{"a":1},"A":0})"), "ok");
}

TEST(ParseJson, FindsADuplicateInAnObjectOfAnySize) {
  for (std::size_t size = 2; size < 60; ++size) {
    for (std::size_t first = 0; first < size; first += 7) {
      std::string text = "{\"outer\":[0,{";
      for (std::size_t i = 0; i < size; ++i) {
        const std::size_t name = i == size - 1 ? first : i;
        text += (i == 0 ? "\"key" : ",\"key") + std::to_string(name) + "\":{\"n\":[]}";
      }
      const bool is_twice = first != size - 1;
      const std::string expected = "outer[1].key" + std::to_string(first);
      EXPECT_EQ(fault(text + "}]}").starts_with(is_twice ? expected + ":" : "ok"), true) << size;
    }
  }
}

TEST(ParseJson, CountsDepthUpToItsLimit) {
  EXPECT_EQ(fault(nested(64)), "ok");
  EXPECT_TRUE(contains(fault(nested(65)), "nested too deeply"));
  EXPECT_EQ(fault(nested(3), {.depth = 3}), "ok");
  EXPECT_EQ(fault(nested(3), {.depth = 2}), "[0][0]: arrays and objects are nested too deeply");
  EXPECT_EQ(fault(R"({"a":{"b":{}}})", {.depth = 2}),
            "a.b: arrays and objects are nested too deeply");
  EXPECT_EQ(fault("1", {.depth = 0}), "ok");
  EXPECT_NE(fault("[]", {.depth = 0}), "ok");
}

TEST(ParseJson, DoesNotOverflowTheStackWhateverTheLimit) {
  EXPECT_EQ(fault(nested(1000), {.depth = 1'000'000}), "ok");
  EXPECT_NE(fault(nested(1001), {.depth = 1'000'000}), "ok");
  EXPECT_NE(fault(std::string(1'000'000, '['), {.depth = 1'000'000}), "ok");
}

TEST(ParseJson, KeepsIntegersExactOrRefusesThem) {
  EXPECT_EQ(*parse_json("9007199254740991"), Json(std::int64_t{9007199254740991}));
  EXPECT_EQ(*parse_json("-9007199254740991"), Json(std::int64_t{-9007199254740991}));
  for (const auto* const text :
       {"9007199254740992", "-9007199254740992", "9223372036854775807", "-9223372036854775808",
        "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "-9223372036854775809", "100000000000000000000000000000000000000000"}) {
    EXPECT_TRUE(contains(fault(std::string("{\"n\":") + text + "}"), "n: this number is a whole"))
        << text;
  }
}

TEST(ParseJson, TakesALiteralWithFractionOrExponentForADouble) {
  EXPECT_EQ(*parse_json("1.0"), Json(1.0));
  EXPECT_EQ(*parse_json("1e2"), Json(100.0));
  EXPECT_EQ(*parse_json("-0.0"), Json(-0.0));
  EXPECT_EQ(*parse_json("0E-5"), Json(0.0));
  EXPECT_EQ(*parse_json("1e21"), Json(1e21));
  EXPECT_EQ(*parse_json("5e-324"), Json(5e-324));
  EXPECT_EQ(*parse_json("1.7976931348623157e308"), Json(1.7976931348623157e308));
}

TEST(ParseJson, RefusesNumbersNoDoubleComesNear) {
  for (const auto* const text : {"1e400", "-1e400", "1.8e308", "1e-400", "1e999999999999",
                                 "1e-999999999999", "123456789e2147483647"}) {
    EXPECT_TRUE(contains(fault(text), "no double-precision value")) << text;
  }
}

// Else they would be written as integers that could not be read again.
TEST(ParseJson, RefusesLargeWholeNumbersInAnySpelling) {
  EXPECT_EQ(*parse_json("9007199254740991.0"), Json(9007199254740991.0));
  for (const auto* const text : {"9007199254740992.0", "1e17", "-1e17", "9.99999999999999e20"}) {
    EXPECT_TRUE(contains(fault(text), "whole one beyond")) << text;
  }
}

// The library's own conversion is one unit off for some of these.
TEST(ParseJson, RoundsDoublesCorrectly) {
  EXPECT_EQ(parse_json("123456789.12345679")->number(), 123456789.12345679);
  EXPECT_EQ(parse_json("1.00000000000000033306690738754696")->number(), 1.0000000000000002);
  EXPECT_EQ(parse_json("2.2250738585072011e-308")->number(), 2.2250738585072011e-308);
  EXPECT_EQ(parse_json("6929495644600919.5")->number(), 6929495644600919.5);
  SeededRandom random(1);
  for (int i = 0; i < 50'000; ++i) {
    const auto value = std::bit_cast<double>(random.next());
    const auto size = value < 0 ? -value : value;
    if (!(size < 9e15 || (size >= 1e21 && size < 1e308))) continue;
    const auto read = parse_json(canonical_json(Json(value)));
    ASSERT_TRUE(read);
    ASSERT_EQ(read->number(), value);
  }
}

TEST(ParseJson, SaysWhereAFaultIs) {
  EXPECT_EQ(fault(R"({"a":{"b":[1,2,tru]}})"), "a.b[2]: this is not JSON");
  EXPECT_EQ(fault(R"({"a":[{"b":1e400}]})").substr(0, 6), "a[0].b");
  EXPECT_EQ(fault(R"({"a":1)"), ": the text ends too early");
  EXPECT_EQ(fault("[1] []"), ": something follows the value");
  const auto value = parse_json("[1,x]");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().detail, "The JSON cannot be accepted at byte 3: this is not JSON.");
}

TEST(ParseJson, CutsLongKeysInItsPaths) {
  std::string key;
  while (key.size() < 200) key += "é€";
  const std::string text = fault("{\"" + key + "\":x}");
  EXPECT_TRUE(is_utf8(text));
  EXPECT_LT(text.size(), 100U);
  EXPECT_TRUE(contains(text, "…"));
}

TEST(ParseJson, ReadsStringsOfAnyLengthWithEscapes) {
  for (std::size_t size = 0; size < 3000; size += 37) {
    const std::string plain(size, 'p');
    const auto value =
        parse_json("{\"" + plain + "\\n" + plain + "\":\"\\t" + plain + "é\\u0041\"}");
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, Json::object({{plain + "\n" + plain, "\t" + plain + "éA"}}));
  }
}

// Were it quadratic, the time that a test may take would end first.
TEST(ParseJson, IsNotQuadraticInKeys) {
  std::string text = "{";
  for (int i = 0; i < 500'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(fault(text + "\"k\":0}"), "ok");
  EXPECT_EQ(fault(text + "\"k77\":0}").substr(0, 4), "k77:");
}

}  // namespace
}  // namespace assent
