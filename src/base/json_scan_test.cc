#include "base/json_scan.h"

#include "base/canonical.h"
#include "base/random.h"
#include "base/testing_files.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

// What the scan stands in for.
bool is_canonical_object(std::string_view text, JsonLimits limits = {}) {
  const auto parsed = parse_json(text, limits);
  return parsed && parsed->is_object() && canonical_json(*parsed) == text;
}

bool scans(std::string_view text, JsonLimits limits = {}) {
  std::vector<RawMember> members;
  return scan_canonical_object(text, members, limits);
}

constexpr std::string_view kShapes[] = {R"({})",
                                        R"( {})",
                                        R"({} )",
                                        R"([])",
                                        R"({"a":1,"a":1})",
                                        R"({"b":1,"a":1})",
                                        R"({"a":01})",
                                        R"({"a":-0})",
                                        R"({"a":-})",
                                        R"({"a":-5})",
                                        R"({"a":0})",
                                        R"({"a":1.0})",
                                        R"({"a":1.5})",
                                        R"({"a":1e3})",
                                        R"({"a":1e+21})",
                                        R"({"a":1e21})",
                                        R"({"a":9007199254740991})",
                                        R"({"a":9007199254740992})",
                                        R"({"a":-9007199254740991})",
                                        R"({"a":999999999999999})",
                                        R"({"a":1e17})",
                                        R"({"a":1e400})",
                                        R"({"a":"\u0008"})",
                                        R"({"a":"\b"})",
                                        R"({"a":"\u000b"})",
                                        R"({"a":"\u000B"})",
                                        R"({"a":"\u001f"})",
                                        R"({"a":"\u0020"})",
                                        R"({"a":"\u000a"})",
                                        R"({"a":"\/"})",
                                        R"({"a":"/"})",
                                        "{\"a\":\"\x7f\"}",
                                        "{\"a\":\"\x01\"}",
                                        "{\"a\":\"\xff\"}",
                                        "{\"a\":\"ü\"}",
                                        R"({"a":"\u00fc"})",
                                        "{\"\xEF\xBF\xBD\":1,\"\xF0\x90\x80\x80\":1}",
                                        "{\"\xF0\x90\x80\x80\":1,\"\xEF\xBF\xBD\":1}",
                                        R"({"\n":1,"a":1})",
                                        R"({"a":1,"\n":1})",
                                        R"({"\u0001":1,"\t":2})",
                                        R"({"\"":1,"\\":1})",
                                        R"({"":1,"a":2})",
                                        R"({"a":2,"":1})",
                                        R"({"a":1,"ab":1})",
                                        R"({"ab":1,"a":1})",
                                        R"({"a":tru})",
                                        R"({"a":true,"b":false,"c":null})",
                                        R"({"a":[1,]})",
                                        R"({"a":[,1]})",
                                        R"({"a":[]},)",
                                        R"({"a")",
                                        R"({"a":)",
                                        R"({"a":1)",
                                        R"({"a":1,})",
                                        R"({a:1})",
                                        R"({"a":"b)",
                                        R"({"a":[1 ,2]})",
                                        R"({"a":{"c":1,"b":1}})",
                                        R"({"a":1}{"b":1})",
                                        R"({"a":"\)",
                                        R"({"a":"\u00)",
                                        R"({"a":+1})",
                                        R"({"a":.5})",
                                        R"({"a":1e-7})",
                                        R"({"a":1E-7})",
                                        R"({"a":0.000001})",
                                        R"({"a":1e-400})"};

void expect_agreement(const std::string& text) {
  EXPECT_EQ(scans(text), is_canonical_object(text)) << text;
}

TEST(JsonScan, GivesTheMembersAsWritten) {
  std::vector<RawMember> members;
  ASSERT_TRUE(scan_canonical_object(R"({"a":{"x":[1,2]},"b":"t\"x","c":"plain"})", members));
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].name, "a");
  EXPECT_EQ(members[0].value, R"({"x":[1,2]})");
  EXPECT_EQ(members[1].value, R"("t\"x")");
  EXPECT_EQ(plain_string(members[1].value), std::nullopt) << "it has an escape";
  EXPECT_EQ(plain_string(members[2].value), "plain");
  EXPECT_EQ(plain_string(members[0].value), std::nullopt);
  EXPECT_EQ(plain_string("\""), std::nullopt);
  EXPECT_EQ(raw_member(members[0].value, "x"), "[1,2]");
  EXPECT_EQ(raw_member(members[0].value, "y"), std::nullopt);
  EXPECT_EQ(raw_member(members[1].value, "x"), std::nullopt) << "a string has no members";
  EXPECT_EQ(raw_member("{}", "x"), std::nullopt);
}

TEST(JsonScan, AgreesWithTheOtherReaderOnEveryShape) {
  for (const std::string_view text : kShapes) expect_agreement(std::string(text));
}

TEST(JsonScan, CountsDepthAsTheOtherReaderDoes) {
  for (std::size_t depth = 1; depth < 8; ++depth) {
    const std::string text = R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    for (std::size_t limit = 0; limit < 10; ++limit) {
      EXPECT_EQ(scans(text, {.depth = limit}), is_canonical_object(text, {.depth = limit}))
          << depth << " " << limit;
    }
  }
}

// Every line of the events that all later versions must read, and a great many broken ones.
TEST(JsonScan, AgreesOnGoldenEventsAndTheirMutations) {
  SeededRandom random(8785);
  const auto below = [&random](std::size_t n) { return std::size_t{random.next() % n}; };
  constexpr std::string_view kAlphabet = "{}[]\",:\\u0019abe-+. tn\x01\x7f\xc3\xa4\xff\xee\xf0";
  std::size_t accepted = 0;
  for (const char* file : {"../golden/kernel.json", "../golden/butlers.json"}) {
    const auto document = parse_json(read_vector(file));
    ASSERT_TRUE(document) << file;
    const std::string canonical = canonical_json(Json::object({{"x", *document}}));
    ASSERT_TRUE(scans(canonical));
    for (int i = 0; i < 20'000; ++i) {
      const std::size_t begin = below(canonical.size());
      std::string text = R"({"x":)" + canonical.substr(begin, 1 + below(120)) + "}";
      if (i % 2 == 0) text[below(text.size())] = kAlphabet[below(kAlphabet.size())];
      accepted += scans(text) ? 1U : 0U;
      expect_agreement(text);
    }
  }
  EXPECT_GT(accepted, 10U);
}

}  // namespace
}  // namespace assent
