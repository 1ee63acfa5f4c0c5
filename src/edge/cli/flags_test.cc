#include "edge/cli/flags.h"

#include "edge/cli/commands.h"

#include <gtest/gtest.h>

namespace assent::cli {
namespace {

const app::Operation& operation(std::string_view name) {
  const app::Operation* found = app::find_operation(name);
  CHECK(found != nullptr);
  return *found;
}

TEST(Flags, AFieldsFlagIsItsNameInKebabCase) {
  EXPECT_EQ(flag_of("contentHash"), "--content-hash");
  EXPECT_EQ(flag_of("limit"), "--limit");
}

TEST(Flags, PathFieldsFillTheRouteEncoded) {
  const auto request = request_of(operation("get_approval"), {{"id", {"a/b c"}}});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->method, "GET");
  EXPECT_EQ(request->path, "/v1/approvals/a%2fb%20c");
  EXPECT_EQ(request->body, "");
}

TEST(Flags, QueryFieldsBecomeTheQuery) {
  const auto request =
      request_of(operation("list_approvals"), {{"status", {"pending"}}, {"limit", {"5"}}});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->path, "/v1/approvals?status=pending&limit=5");
}

TEST(Flags, BodyFieldsAreTypedByTheirSchema) {
  const auto request = request_of(operation("request_approval"), {{"kind", {"tool_call"}},
                                                                  {"tool", {"5"}},
                                                                  {"arguments", {R"({"n":1})"}},
                                                                  {"content", {"plain words"}}});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(*parse_json(request->body), Json::object({{"kind", "tool_call"},
                                                      {"tool", "5"},
                                                      {"arguments", Json::object({{"n", 1}})},
                                                      {"content", "plain words"}}));
}

TEST(Flags, WhatIsNoJsonWhereJsonIsNeededIsRefusedWithTheFlag) {
  const auto request = request_of(operation("request_approval"), {{"arguments", {"{"}}});
  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error().code, Code::validation_error);
  EXPECT_NE(request.error().detail.find("--arguments"), std::string::npos);
}

TEST(Flags, ARepeatedFlagIsAList) {
  const auto request =
      request_of(operation("create_principal"),
                 {{"type", {"human"}}, {"name", {"ann"}}, {"roles", {"approver", "auditor"}}});
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(*parse_json(request->body)->find("roles"), Json(Json::Array{"approver", "auditor"}));
}

TEST(Flags, WhatIsGivenWinsOverTheExtra) {
  const auto request = request_of(operation("request_approval"), {{"kind", {"content"}}},
                                  Json::object({{"kind", "tool_call"}, {"title", "t"}}));
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(parse_json(request->body)->string_at("kind"), "content");
  EXPECT_EQ(parse_json(request->body)->string_at("title"), "t");
}

TEST(Flags, ArgumentsAreNameAndValue) {
  const auto arguments = arguments_from({"path=/srv/a=b", "n=1"}, {"m=2", "list=[1]"});
  ASSERT_TRUE(arguments.has_value());
  EXPECT_EQ(
      *arguments,
      Json::object({{"path", "/srv/a=b"}, {"n", "1"}, {"m", 2}, {"list", Json(Json::Array{1})}}));
  EXPECT_FALSE(arguments_from({"no equals sign"}, {}).has_value());
  EXPECT_FALSE(arguments_from({"=value"}, {}).has_value());
  EXPECT_FALSE(arguments_from({}, {"x={"}).has_value());
}

}  // namespace
}  // namespace assent::cli
