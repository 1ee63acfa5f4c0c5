#include "base/canonical.h"
#include "base/random.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace assent {
namespace {

// What canonicalise() promises to be.
Result<std::string> the_long_way(std::string_view text, JsonLimits limits = {}) {
  return canonical_json(TRY(parse_json(text, limits)));
}

// The canonical form, or what is wrong and where.
std::string outcome(const Result<std::string>& result) {
  if (result) return *result;
  EXPECT_EQ(result.error().code, Code::validation_error);
  EXPECT_EQ(result.error().fields.size(), 1U);
  return result.error().detail + " " + result.error().fields.at(0).path;
}

std::string fault_path(std::string_view text) {
  const auto result = canonicalise(text);
  EXPECT_FALSE(result) << text;
  return result ? "" : result.error().fields.at(0).path;
}

TEST(Canonicalise, WritesNumbersAsEcmaScriptDoes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"-0.0", "0"},
      {"0.000", "0"},
      {"0e7", "0"},
      {"-0E-7", "0"},
      {"10", "10"},
      {"-5.0", "-5"},
      {"2.50", "2.5"},
      {"100.00100", "100.001"},
      {"1E2", "100"},
      {"1.5e1", "15"},
      {"1e-6", "0.000001"},
      {"0.000001", "0.000001"},
      {"0.0000010", "0.000001"},
      {"0.0000001", "1e-7"},
      {"-0.00000123", "-0.00000123"},
      {"-0.000000123", "-1.23e-7"},
      {"123456789.012345", "123456789.012345"},
      {"0.1000000000000000055511151231257827", "0.1"},
      {"9007199254740991", "9007199254740991"},
      {"-9007199254740991", "-9007199254740991"},
      {"9007199254740991.0", "9007199254740991"},
      {"1e21", "1e+21"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"4.9e-324", "5e-324"}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(outcome(canonicalise(text)), expected);
    EXPECT_EQ(outcome(the_long_way(text)), expected);
  }
}

TEST(Canonicalise, SortsAndUnescapesWhatIsNotInItsPlace) {
  EXPECT_EQ(canonicalise(" { \"b\" : [ 1 , { \"d\":2, \"c\" : 3 } ] , \"a\" : { } }\n").value(),
            R"({"a":{},"b":[1,{"c":3,"d":2}]})");
  EXPECT_EQ(canonicalise(R"({"\u0062":"\/","a":"\u000A\u001F\u00e9\ud83d\ude00\u0022"})").value(),
            "{\"a\":\"\\n\\u001fé😀\\\"\",\"b\":\"/\"}");
  // Eight equal bytes, and names of which one begins the other.
  EXPECT_EQ(canonicalise(R"({"createdBy":1,"createdAt":2,"created":3,"":4})").value(),
            R"({"":4,"created":3,"createdAt":2,"createdBy":1})");
  EXPECT_EQ(canonicalise("{\"a\\u0000\":1,\"a\":2,\"\\ufb33\":3,\"\\ud83d\\ude00\":4}").value(),
            "{\"a\":2,\"a\\u0000\":1,\"😀\":4,\"\ufb33\":3}");
}

TEST(Canonicalise, RefusesAndSaysWhere) {
  EXPECT_EQ(fault_path(R"({"a":[{"b":1,"c":2,"b":3}]})"), "a[0].b");
  EXPECT_EQ(fault_path(R"({"b":1,"\u0062":2})"), "b");
  EXPECT_EQ(fault_path(R"({"a":"\ud800"})"), "a");
  EXPECT_EQ(fault_path(R"({"a":"\udc00\ud800"})"), "a");
  EXPECT_EQ(fault_path(R"([0,{"a":NaN}])"), "[1].a");
  EXPECT_EQ(fault_path(R"([0,{"a":-Infinity}])"), "[1].a");
  EXPECT_EQ(fault_path(R"([1e400])"), "[0]");
  EXPECT_EQ(fault_path(R"([1e-400])"), "[0]");
  EXPECT_EQ(fault_path(R"([9007199254740992])"), "[0]");
  EXPECT_EQ(fault_path(R"([1e17])"), "[0]");
  EXPECT_EQ(fault_path("[\"\xff\"]"), "[0]");
  EXPECT_EQ(outcome(canonicalise("")), outcome(the_long_way("")));
}

TEST(Canonicalise, CountsDepthAsTheReaderDoes) {
  for (const std::size_t depth : {1U, 63U, 64U, 65U, 999U, 1000U, 1001U}) {
    for (const std::size_t limit : {64U, 1000U, 5000U}) {
      const std::string text = std::string(depth, '[') + std::string(depth, ']');
      const JsonLimits limits{.depth = limit};
      EXPECT_EQ(outcome(canonicalise(text, limits)), outcome(the_long_way(text, limits)));
    }
  }
}

// Documents out of pieces that meet each other in every wrong way.
constexpr std::string_view kPieces[] = {"{",
                                        "}",
                                        "[",
                                        "]",
                                        ",",
                                        ":",
                                        " ",
                                        "\n\t ",
                                        "\"a\"",
                                        "\"b\"",
                                        "\"\\n\"",
                                        "\"é\"",
                                        "\"😀\"",
                                        "\"\ufb33\"",
                                        "\"\\u0061\"",
                                        "\"\\/\"",
                                        "\"a\":",
                                        "\"b\":",
                                        "\"\":",
                                        "null",
                                        "true",
                                        "false",
                                        "0",
                                        "-0",
                                        "1.50",
                                        "1e5",
                                        "1e17",
                                        "01",
                                        "1.",
                                        "-",
                                        "1e400",
                                        "0e99999999999",
                                        "0e738",
                                        "0.0000001",
                                        "9007199254740993",
                                        "123456789012345.5",
                                        "\"\\ud83d\"",
                                        "\"\\ud83d\\ude00\"",
                                        "\"\\u12\"",
                                        "\"\x01\"",
                                        "\"\xff\"",
                                        "\"",
                                        "\\",
                                        "nul",
                                        "{\"a\":1,\"b\":[]}"};

TEST(Canonicalise, AgreesWithTheLongWayOnHeaps) {
  SeededRandom random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t i = random.next() % 12; i > 0; --i) {
      text += kPieces[random.next() % std::size(kPieces)];
    }
    ASSERT_EQ(outcome(canonicalise(text)), outcome(the_long_way(text))) << text;
  }
}

// A random document, written in a random way.
class Documents {
 public:
  explicit Documents(std::uint64_t seed) : random_(seed) {}

  std::string next() { return value(5); }

 private:
  std::size_t below(std::size_t end) { return random_.next() % end; }
  std::string space() { return std::string(below(3) == 0 ? below(4) : 0, " \n\t\r"[below(4)]); }

  std::string value(std::size_t depth) {
    switch (below(depth == 0 ? 4 : 6)) {
      case 0:
        return std::string(kWords[below(std::size(kWords))]);
      case 1:
      case 2:
        return number();
      case 3:
        return string();
      case 4:
        return "[" + list([&] { return value(depth - 1); }) + "]";
      default:
        return "{" + list([&] { return string() + space() + ":" + space() + value(depth - 1); }) +
               "}";
    }
  }

  template <class Item>
  std::string list(Item item) {
    std::string text = space();
    for (std::size_t i = below(6), first = i; i > 0; --i) {
      if (i != first) text += ",";
      text += space() + item() + space();
    }
    return text;
  }

  std::string number() {
    std::string text = below(2) == 0 ? "-" : "";
    text += below(4) == 0 ? "0" : std::to_string(random_.next() >> below(64));
    if (below(2) == 0) text += "." + std::to_string(random_.next() >> below(64));
    if (below(4) == 0) text += "e-" + std::to_string(below(400));
    if (below(8) == 0) text += std::string(below(6), '0');
    return text;
  }

  std::string string() {
    std::string text = "\"";
    for (std::size_t i = below(12); i > 0; --i) text += kLetters[below(std::size(kLetters))];
    return text + "\"";
  }

  static constexpr std::string_view kWords[] = {"null", "true", "false"};
  static constexpr std::string_view kLetters[] = {
      "a",      "b",       "c",       "aaaaaaaa",      "Z",       "/",       "\\/", "\\\\",
      "\\\"",   "\\n",     "\\u000a", "\\u000b",       "\\u0000", "\\u001F", "é",   "\\u00E9",
      "\ufb33", "\\uFB33", "😀",       "\\uD83D\\uDE00"};

  SeededRandom random_;
};

TEST(Canonicalise, AgreesWithTheLongWayOnDocuments) {
  Documents documents(11);
  int good = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = documents.next();
    const auto canonical = canonicalise(text);
    ASSERT_EQ(outcome(canonical), outcome(the_long_way(text))) << text;
    if (!canonical) continue;
    ++good;
    ASSERT_EQ(canonicalise(*canonical).value(), *canonical);
  }
  EXPECT_GT(good, 5'000);
}

// The claim that lets decimals of up to fifteen digits be copied instead of converted.
TEST(Canonicalise, CopiesNoDecimalThatEcmaScriptWouldWriteOtherwise) {
  SeededRandom random(13);
  for (int round = 0; round < 200'000; ++round) {
    std::string text = std::to_string(random.next() >> (1 + random.next() % 63));
    text = text.substr(0, 1 + random.next() % 16);
    if (text.size() > 1 && random.next() % 2 == 0)
      text.insert(random.next() % (text.size() - 1) + 1, ".");
    if (random.next() % 4 == 0) text = "0." + text.erase(text.find('.') % text.size(), 1);
    ASSERT_EQ(outcome(canonicalise(text)), outcome(the_long_way(text))) << text;
  }
}

TEST(Canonicalise, SortsObjectsOfAnySize) {
  SeededRandom random(17);
  for (const int size : {31, 32, 33, 1000, 20'000}) {
    std::string text;
    for (int i = 0; i < size; ++i) {
      text += (i == 0 ? "{" : ",") +
              ("\"commonbeginning" + std::to_string(i * 7919 % size) + "\":") +
              std::to_string(random.next() % 100);
    }
    text += "}";
    ASSERT_EQ(outcome(canonicalise(text)), outcome(the_long_way(text)));
    text.back() = ',';
    text += "\"commonbeginning0\":1}";
    ASSERT_EQ(outcome(canonicalise(text)), outcome(the_long_way(text)));
  }
}

}  // namespace
}  // namespace assent
