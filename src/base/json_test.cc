#include "base/json.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

TEST(Json, KnowsItsKind) {
  EXPECT_TRUE(Json().is_null());
  EXPECT_TRUE(Json(nullptr).is_null());
  EXPECT_TRUE(Json(true).is_bool());
  EXPECT_TRUE(Json(1).is_integer());
  EXPECT_TRUE(Json(1.0).is_double());
  EXPECT_TRUE(Json(1).is_number() && Json(1.0).is_number());
  EXPECT_TRUE(Json("text").is_string());
  EXPECT_TRUE(Json::array().is_array());
  EXPECT_TRUE(Json::object().is_object());
  EXPECT_EQ(Json(3).number(), 3.0);
  EXPECT_EQ(Json(2.5).number(), 2.5);
}

TEST(Json, FindsMembersAndOnlyOfObjects) {
  const Json value =
      Json::object({{"name", "ann"}, {"age", 41}, {"none", nullptr}, {"ratio", 0.5}});
  ASSERT_NE(value.find("name"), nullptr);
  EXPECT_EQ(value.find("nam"), nullptr);
  EXPECT_NE(value.find("none"), nullptr);
  EXPECT_EQ(value.string_at("name"), "ann");
  EXPECT_FALSE(value.string_at("age"));
  EXPECT_FALSE(value.string_at("absent"));
  EXPECT_EQ(value.integer_at("age"), 41);
  EXPECT_FALSE(value.integer_at("name"));
  EXPECT_FALSE(value.integer_at("ratio"));
  EXPECT_EQ(Json("name").find("name"), nullptr);
  EXPECT_EQ(Json::array().find(""), nullptr);
}

TEST(Json, SetsReplacesAndKeepsTheOrder) {
  Json value = Json::object();
  value.set("b", 1).set("a", 2).set("b", 3);
  value.set_if("c", std::optional<std::string>("x")).set_if("d", std::optional<std::string>());
  EXPECT_EQ(json_text(value), R"({"b":3,"a":2,"c":"x"})");
  Json list = Json::array();
  list.push(1);
  list.push("two");
  EXPECT_EQ(json_text(list), R"([1,"two"])");
}

TEST(Json, IsEqualStrictlyByKindAndWithoutOrder) {
  EXPECT_NE(Json(1), Json(1.0));
  EXPECT_NE(Json(1), Json(true));
  EXPECT_NE(Json("1"), Json(1));
  EXPECT_NE(Json(), Json(false));
  EXPECT_NE(Json::array(), Json::object());
  EXPECT_EQ(Json::object({{"a", 1}, {"b", 2}}), Json::object({{"b", 2}, {"a", 1}}));
  EXPECT_NE(Json::object({{"a", 1}, {"b", 2}}), Json::object({{"a", 1}}));
  EXPECT_NE(Json::object({{"a", 1}, {"b", 2}}), Json::object({{"a", 1}, {"c", 2}}));
  EXPECT_NE(Json::object({{"a", 1}, {"b", 2}}), Json::object({{"a", 2}, {"b", 1}}));
  EXPECT_NE(Json(Json::Array{1, 2}), Json(Json::Array{2, 1}));
}

TEST(Json, ComparesLargeObjectsWithoutOrder) {
  Json up = Json::object();
  Json down = Json::object();
  constexpr int kMany = 30'000;
  for (int i = 0; i < kMany; ++i) {
    up.members().emplace_back(std::to_string(i), i);
    down.members().emplace_back(std::to_string(kMany - 1 - i), kMany - 1 - i);
  }
  EXPECT_EQ(up, down);
  down.members()[17].second = "other";
  EXPECT_NE(up, down);
}

}  // namespace
}  // namespace assent
