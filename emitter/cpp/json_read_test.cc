// The reader without Boost is held against base's.
#include "emitter/cpp/json_read.h"

#include "base/canonical.h"
#include "base/json.h"

#include <gtest/gtest.h>

#include <assent/emitter.h>
#include <string>
#include <vector>

namespace assent::emitter {
namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

const std::vector<std::string> kTexts = {"",
                                         " ",
                                         "null",
                                         " true ",
                                         "false",
                                         "nul",
                                         "truefalse",
                                         "0",
                                         "-0",
                                         "-",
                                         "01",
                                         "-01",
                                         "1.",
                                         ".5",
                                         "1.5",
                                         "1e5",
                                         "1E+5",
                                         "1e",
                                         "1e+",
                                         "1e400",
                                         "-1e400",
                                         "1e-400",
                                         "5e-324",
                                         "0e0",
                                         "0e2147483647",
                                         "0e2147483648",
                                         "0e-2147483647",
                                         "-0.0e-2147483648",
                                         "0e00000000000000000001",
                                         "0.0",
                                         "-0.0",
                                         "9007199254740991",
                                         "9007199254740992",
                                         "-9007199254740991",
                                         "-9007199254740992",
                                         "99999999999999999999",
                                         "1e17",
                                         "1e21",
                                         "9007199254740993.0",
                                         "123456789012345.5",
                                         "+1",
                                         "NaN",
                                         "Infinity",
                                         "[]",
                                         "[1,2]",
                                         "[1,]",
                                         "[,1]",
                                         "[1 2]",
                                         "[",
                                         "]",
                                         "{}",
                                         R"({"a":1})",
                                         R"({"a":1,})",
                                         R"({"a":1,"a":2})",
                                         R"({"a":1,"\u0061":2})",
                                         R"({a:1})",
                                         R"({"a" : [ { } ] })",
                                         R"({"a"})",
                                         R"({"a":})",
                                         R"({1:2})",
                                         R"("")",
                                         R"("a\"\\\/\b\f\n\r\t")",
                                         R"("\u00e9\u20AC")",
                                         R"("\ud83d\ude00")",
                                         R"("\ud83d")",
                                         R"("\ude00")",
                                         R"("\ud83dx")",
                                         R"("\ud83d\u0041")",
                                         R"("\u12")",
                                         R"("\u12G4")",
                                         R"("\u-123")",
                                         R"("\x")",
                                         "\"a\nb\"",
                                         "\"\x7F\"",
                                         "\"",
                                         "\"\\",
                                         "\"\xFF\"",
                                         "\"\xC0\x80\"",
                                         "\xEF\xBB\xBF{}",
                                         "1 1",
                                         "{} x",
                                         "/**/1",
                                         "'a'",
                                         std::string("\"a\0b\"", 5),
                                         std::string("1\0", 2),
                                         nested(64),
                                         nested(65),
                                         nested(2000)};

TEST(EmitterJson, TheTwoReadersAgree) {
  for (const std::string& text : kTexts) {
    const auto mine = read_json(text);
    const auto theirs = parse_json(text);
    EXPECT_EQ(mine.has_value(), theirs.has_value()) << text;
    if (!mine || !theirs) continue;
    EXPECT_EQ(canonical_json(*mine), canonical_json(*theirs)) << text;
  }
}

TEST(EmitterJson, ManyNamesAreStillComparedWithEachOther) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"n" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(read_json(text + R"("last":0})"));
  EXPECT_FALSE(read_json(text + R"("n500":0})"));
}

TEST(EmitterJson, AValueIsReadFromText) {
  const auto value = Value::parse(R"({"status":201,"tags":["a",null,true,1.5]})");
  ASSERT_TRUE(value);
  EXPECT_TRUE(value->is_object());
  const auto bad = Value::parse("{\"a\":1,\"a\":2}");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().fault, Fault::invalid_event);
  EXPECT_EQ(bad.error().message, "value is no JSON at byte 13: an object has a name twice");
}

TEST(EmitterJson, OfTwoMembersTheLaterCountsHoweverManyThereAre) {
  for (const int count : {2, 100}) {
    Value::Object members;
    for (int i = 0; i < count; ++i) members.emplace_back("n" + std::to_string(i), i);
    members.emplace_back("n1", "later");
    const Value value = Value::object(std::move(members));
    const auto& kept = std::get<Value::Object>(value.variant());
    ASSERT_EQ(kept.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(std::get<std::string>(kept[1].second.variant()), "later");
  }
}

}  // namespace
}  // namespace assent::emitter
