#include "domain/policy.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

Policy policy_of(std::string_view yaml) {
  auto policy = policy_from_yaml(yaml);
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().detail);
  return policy ? std::move(*policy) : default_policy();
}

// The entry that answers: its number, or -1 for the defaults.
int answer(const Policy& policy, std::string_view tool, std::string_view arguments,
           Kind kind = Kind::tool_call) {
  const PolicyAnswer found = evaluate(policy, kind, tool, *parse_json(arguments));
  EXPECT_NE(found.entry, nullptr);
  return found.index ? static_cast<int>(*found.index) : -1;
}

// Whether a condition on argument `x` fits these arguments.
bool fits(std::string_view condition, std::string_view arguments) {
  const std::string yaml =
      "{version: 1, tools: [{match: {tool: t, arguments: {x: " + std::string(condition) + "}}}]}";
  return answer(policy_of(yaml), "t", arguments) == 0;
}

constexpr std::string_view kTwoEntries = R"(
version: 1
tools:
  - match: {tool: "fs.read*"}
    decision: allow
  - match: {tool: "fs.*", arguments: {path: {pattern: "/srv/*"}}}
  - match: {tool: "fs.drop"}
    decision: reject
)";

TEST(Policy, TheFirstMatchAnswers) {
  const Policy policy = policy_of(kTwoEntries);
  EXPECT_EQ(answer(policy, "fs.read", R"({"path": "/srv/a"})"), 0);
  EXPECT_EQ(answer(policy, "fs.drop", R"({"path": "/srv/a"})"), 1);
  EXPECT_EQ(answer(policy, "fs.drop", R"({"path": "/etc"})"), 2);
}

TEST(Policy, WhatIsNotListedNeedsAHumanAndIsHighRisk) {
  const Policy policy = policy_of(kTwoEntries);
  EXPECT_EQ(answer(policy, "db.drop", "{}"), -1);
  for (const Policy& each : {policy, default_policy()}) {
    const PolicyAnswer found = evaluate(each, Kind::tool_call, "db.drop", Json::object());
    EXPECT_EQ(found.entry->decision, PolicyDecision::human);
    EXPECT_EQ(found.entry->risk_tier, RiskTier::high);
    EXPECT_EQ(found.entry->expires_after, std::chrono::hours(48));
    EXPECT_EQ(found.entry->grant_expires_after, std::chrono::hours(24));
    EXPECT_TRUE(is_eligible(found.entry->quorum, {{}, {Role::approver}}));
    EXPECT_EQ(evaluate(found.entry->quorum, {}).need, 1);
  }
}

TEST(Policy, H14_ExactIsTypeStrict) {
  EXPECT_TRUE(fits("{exact: 1}", R"({"x": 1})"));
  EXPECT_FALSE(fits("{exact: 1}", R"({"x": 1.0})"));
  EXPECT_FALSE(fits("{exact: 1}", R"({"x": true})"));
  EXPECT_FALSE(fits("{exact: 1}", R"({"x": "1"})"));
  EXPECT_TRUE(fits("{exact: 1.0}", R"({"x": 1.0})"));
  EXPECT_FALSE(fits("{exact: 1.0}", R"({"x": 1})"));
  EXPECT_TRUE(fits("{exact: '1'}", R"({"x": "1"})"));
  EXPECT_TRUE(fits("{exact: null}", R"({"x": null})"));
  EXPECT_FALSE(fits("{exact: null}", R"({"x": false})"));
  EXPECT_TRUE(fits("{exact: {a: [1, {b: no}]}}", R"({"x": {"a": [1, {"b": "no"}]}})"));
}

TEST(Policy, H14_APatternIsForStringsOnlyAndForTheWholeValue) {
  EXPECT_TRUE(fits("{pattern: '/srv/*'}", R"({"x": "/srv/a/b"})"));
  EXPECT_FALSE(fits("{pattern: '/srv/*'}", R"({"x": "/etc/srv/a"})"));
  EXPECT_TRUE(fits("{pattern: '*'}", R"({"x": ""})"));
  for (const char* const value : {"1", "true", "null", "[\"a\"]", "{\"a\": 1}"}) {
    EXPECT_FALSE(fits("{pattern: '*'}", "{\"x\": " + std::string(value) + "}")) << value;
  }
}

TEST(Policy, H14_AMissingArgumentFitsOnlyAny) {
  EXPECT_FALSE(fits("{exact: null}", "{}"));
  EXPECT_FALSE(fits("{pattern: '*'}", "{}"));
  EXPECT_TRUE(fits("{any: true}", "{}"));
  EXPECT_TRUE(fits("{any: true}", R"({"x": [1]})"));
}

TEST(Policy, H14_TheTypedFormMeansTheSame) {
  EXPECT_TRUE(fits("{type: exact, value: 1}", R"({"x": 1})"));
  EXPECT_FALSE(fits("{type: exact, value: 1}", R"({"x": "1"})"));
  EXPECT_TRUE(fits("{type: pattern, value: 'a*'}", R"({"x": "ab"})"));
  EXPECT_TRUE(fits("{type: any}", "{}"));
}

TEST(Policy, Trap7_WildcardsInArgumentsAreLiteralText) {
  EXPECT_FALSE(fits("{exact: 'a'}", R"({"x": "*"})"));
  EXPECT_FALSE(fits("{pattern: '/srv/a'}", R"({"x": "*"})"));
  EXPECT_FALSE(fits("{exact: 'a'}", R"({"x": {"type": "any"}})"));
  EXPECT_TRUE(fits("{exact: '*'}", R"({"x": "*"})"));
  EXPECT_FALSE(fits("{exact: '*'}", R"({"x": "a"})"));
  EXPECT_TRUE(fits("{exact: {type: any}}", R"({"x": {"type": "any"}})"));
}

TEST(Policy, EveryConditionMustFit) {
  const Policy policy = policy_of(
      "{version: 1, tools: [{match: {tool: t, arguments: {a: {exact: 1}, b: {any: true}, "
      "c: {pattern: 'x*'}}}}]}");
  EXPECT_EQ(answer(policy, "t", R"({"a": 1, "c": "xy"})"), 0);
  EXPECT_EQ(answer(policy, "t", R"({"a": 1, "c": "y"})"), -1);
  EXPECT_EQ(answer(policy, "t", R"({"a": 2, "c": "xy"})"), -1);
}

TEST(Policy, ContentIsMatchedByItsTypeAndOnlyWhereAnEntrySaysSo) {
  const Policy policy = policy_of(R"(
version: 1
tools:
  - match: {tool: "*"}
    decision: reject
  - match: {tool: "blog_*", kind: content}
  - match: {tool: content, kind: content}
)");
  EXPECT_EQ(answer(policy, "blog_post", "null", Kind::content), 1);
  EXPECT_EQ(answer(policy, "", "null", Kind::content), 2);  // Content that says no type.
  EXPECT_EQ(answer(policy, "mail", "null", Kind::content), -1);
  EXPECT_EQ(answer(policy, "blog_post", "{}"), 0);
}

TEST(Policy, SaysWhy) {
  const Policy policy = policy_of(kTwoEntries);
  const Json inside = *parse_json(R"({"path": "/srv/a"})");
  EXPECT_EQ(evaluate(policy, Kind::tool_call, "fs.move", inside).why,
            "policy entry 1 (fs.*) requires a person");
  EXPECT_EQ(evaluate(policy, Kind::tool_call, "x", inside).why,
            "no policy entry matches \"x\": the default requires a person");
}

TEST(Policy, ExplainsEachEntryUpToTheAnswer) {
  const Policy policy = policy_of(kTwoEntries);
  EXPECT_EQ(
      explain(policy, Kind::tool_call, "fs.drop", *parse_json(R"({"path": "/etc"})")),
      (std::vector<std::string>{"policy entry 0 (fs.read*) is not for \"fs.drop\"",
                                "policy entry 1 (fs.*) wants another value of argument \"path\"",
                                "policy entry 2 (fs.drop) refuses it"}));
  EXPECT_EQ(explain(policy, Kind::tool_call, "fs.move", Json::object())[1],
            "policy entry 1 (fs.*) wants another value of argument \"path\", which is absent");
  EXPECT_EQ(explain(policy, Kind::content, "post", Json()).back(),
            "no policy entry matches \"post\": the default requires a person");
}

}  // namespace
}  // namespace assent
