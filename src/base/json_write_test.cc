#include "base/json.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

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

}  // namespace
}  // namespace assent
