#include "app/testing.h"

#include <gtest/gtest.h>

namespace assent::app {
namespace {

using Types = std::vector<std::string>;

constexpr std::string_view kPolicy = R"(version: 1
defaults: {riskTier: medium, approvers: [{role: approver, count: 1}]}
tools:
  - {match: {tool: fs.delete}, riskTier: high, safetyCritical: [path]}
  - {match: {tool: pay}, riskTier: critical, approvers: [{role: approver, count: 2}]}
  - {match: {tool: db.drop}, decision: reject}
  - {match: {tool: audit.close}, riskTier: low, evidence: {required: true}}
)";

class Rules : public testing::Test {
 protected:
  Rules() {
    world.put_policy(kPolicy);
    owner = world.make("human", "olga", {"approver"});
    agent = world.make("agent", "robot", {"agent"}, owner.id);
    ann = world.make("human", "ann", {"approver"});
    pat = world.make("human", "pat", {"policy_admin"});
  }

  static Json exact(Json value) {
    return Json::object({{"type", "exact"}, {"value", std::move(value)}});
  }
  static Json pattern(std::string_view glob) {
    return Json::object({{"type", "pattern"}, {"value", glob}});
  }

  Reply create(const Person& by, std::string_view tool, Json constraints,
               Json more = Json::object()) {
    Json body = Json::object({{"tool", tool}, {"constraints", std::move(constraints)}});
    for (auto& [name, value] : more.members()) body.set(name, value);
    return world.call({.operation = "create_rule", .by = by, .body = std::move(body)});
  }
  Reply revoke(const Person& by, const std::string& rule) {
    return world.call({.operation = "revoke_rule", .by = by, .path = {{"id", rule}}});
  }
  Json uses(std::int64_t count) { return Json::object({{"maxUses", count}}); }
  std::string why(const Reply& reply) { return reply.at("why"); }

  World world;
  Person owner, agent, ann, pat;
};

TEST_F(Rules, H12_AMatchIsTwoEventsInOneCommitByTheRule) {
  const Reply rule = create(ann, "deploy", Json::object({{"to", exact("web")}}), uses(3));
  ASSERT_EQ(rule.outcome(), "ok") << (rule.error ? rule.error->detail : "");
  const auto before = world.log_size();
  const Reply asked = world.request_tool(agent, "deploy", Json::object({{"to", "web"}}));
  EXPECT_EQ(asked.at("status"), "approved");
  EXPECT_EQ(asked.at("ruleId"), rule.id());
  EXPECT_NE(why(asked).find(rule.id()), std::string::npos) << why(asked);
  EXPECT_EQ(world.log_size(), before + 2);
  const auto trail = world.trail(asked.id());
  ASSERT_EQ(world.trail_types(asked.id()), (Types{"approval.requested", "approval.auto_approved"}));
  const Json& data = *trail[1].find("data");
  EXPECT_EQ(data.find("actor")->string_at("type"), "rule");
  EXPECT_EQ(data.find("actor")->string_at("id"), rule.id());
  EXPECT_EQ(*data.find("ruleUse"), Json::object({{"n", 1}, {"max", 3}}));
  EXPECT_EQ(trail[0].string_at("time"), trail[1].string_at("time"));
  const Reply started = world.decide("start_execution", agent, asked.id());
  EXPECT_EQ(started.outcome(), "ok");
}

TEST_F(Rules, H11_WithoutARuleItWaitsAndSaysSo) {
  create(ann, "deploy", Json::object({{"to", exact("web")}}), uses(3));
  const Reply asked = world.request_tool(agent, "deploy", Json::object({{"to", "db"}}));
  EXPECT_EQ(asked.at("status"), "pending");
  EXPECT_NE(why(asked).find("no standing rule matches"), std::string::npos) << why(asked);
}

TEST_F(Rules, H15_Trap5_AHundredCallsAtOnceUseSevenUsesSevenTimes) {
  const Reply rule = create(ann, "deploy", Json::object({{"to", exact("web")}}), uses(7));
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 100; ++i) {
    Json body = Json::object(
        {{"kind", "tool_call"}, {"tool", "deploy"}, {"arguments", Json::object({{"to", "web"}})}});
    calls.push_back(
        world.start({.operation = "request_approval", .by = agent, .body = std::move(body)}));
  }
  int approved = 0;
  for (auto& call : calls) {
    const Reply reply = call.get();
    ASSERT_EQ(reply.outcome(), "ok");
    if (reply.at("status") == "approved") {
      ++approved;
    } else {
      EXPECT_NE(why(reply).find("is used up"), std::string::npos) << why(reply);
    }
  }
  EXPECT_EQ(approved, 7);
  world.restart();
  EXPECT_EQ(world.request_tool(agent, "deploy", Json::object({{"to", "web"}})).at("status"),
            "pending");
}

TEST_F(Rules, H15_NothingMatchesAfterTheRevocationAndOneRevocationIsEnough) {
  const Reply rule = create(ann, "deploy", Json::object({{"to", exact("web")}}), uses(100));
  EXPECT_EQ(revoke(ann, rule.id()).outcome(), "ok");
  EXPECT_EQ(revoke(ann, rule.id()).outcome(), "invalid_state");
  EXPECT_EQ(world.request_tool(agent, "deploy", Json::object({{"to", "web"}})).at("status"),
            "pending");
}

TEST_F(Rules, H15_AnExpiredRuleIsNoRuleAndEqualityIsInTime) {
  const auto until = world.clock.now() + std::chrono::seconds(60);
  create(ann, "deploy", Json::object({{"to", exact("web")}}),
         Json::object({{"expiresAt", to_rfc3339(until)}}));
  const Json call = Json::object({{"to", "web"}});
  world.clock.set(until);
  EXPECT_EQ(world.request_tool(agent, "deploy", call).at("status"), "approved");
  world.clock.set(until + Microseconds(1));
  const Reply late = world.request_tool(agent, "deploy", call);
  EXPECT_EQ(late.at("status"), "pending");
  EXPECT_NE(why(late).find("has expired"), std::string::npos) << why(late);
}

TEST_F(Rules, H16_HighRiskWantsANarrowAndBoundedRule) {
  const Json narrow = Json::object({{"path", exact("/tmp/x")}});
  const Json wide = Json::object({{"path", pattern("*")}});
  EXPECT_EQ(create(ann, "fs.delete", wide, uses(1)).outcome(), "unprocessable");
  EXPECT_EQ(create(ann, "fs.delete", narrow).outcome(), "unprocessable");
  EXPECT_EQ(create(ann, "fs.delete", Json::object(), uses(1)).outcome(), "unprocessable");
  EXPECT_EQ(create(ann, "fs.delete", narrow, uses(1)).outcome(), "ok");
}

TEST_F(Rules, H16_AStricterPolicyHoldsForTheRulesThereAre) {
  EXPECT_EQ(create(ann, "deploy", Json::object({{"to", exact("web")}})).outcome(), "ok");
  world.put_policy("version: 1\ntools: [{match: {tool: deploy}, riskTier: high}]");
  const Reply asked = world.request_tool(agent, "deploy", Json::object({{"to", "web"}}));
  EXPECT_EQ(asked.at("status"), "pending");
  EXPECT_NE(why(asked).find("narrow and bounded"), std::string::npos) << why(asked);
}

TEST_F(Rules, H17_ASafetyCriticalArgumentThatIsLeftOpenIsAskedAbout) {
  const Reply rule = create(ann, "fs.delete", Json::object({{"force", exact(false)}}), uses(5));
  ASSERT_EQ(rule.outcome(), "ok");
  EXPECT_EQ(rule.data.find("warnings")->items().size(), 1u);
  const Reply asked =
      world.request_tool(agent, "fs.delete", Json::object({{"force", false}, {"path", "/srv/a"}}));
  EXPECT_EQ(asked.at("status"), "pending");
  EXPECT_NE(why(asked).find("safety-critical argument \"path\""), std::string::npos) << why(asked);
  const Json requested = world.trail(asked.id()).front();
  EXPECT_EQ(requested.find("data")->string_at("unpinned"), "path");
}

TEST_F(Rules, ARuleOfOnePersonDoesNotReplaceTwo) {
  const Json one = Json::object({{"to", exact("x")}});
  EXPECT_EQ(create(ann, "pay", one, uses(5)).outcome(), "ok");
  EXPECT_EQ(world.request_tool(agent, "pay", Json::object({{"to", "x"}})).at("status"), "pending");
  EXPECT_EQ(create(pat, "pay", one, uses(5)).outcome(), "ok");
  EXPECT_EQ(world.request_tool(agent, "pay", Json::object({{"to", "x"}})).at("status"), "approved");
}

TEST_F(Rules, NobodysRuleApprovesTheirOwnAgentsCalls) {
  EXPECT_EQ(create(owner, "deploy", Json::object({{"to", exact("web")}})).outcome(), "ok");
  const Reply asked = world.request_tool(agent, "deploy", Json::object({{"to", "web"}}));
  EXPECT_EQ(asked.at("status"), "pending");
  EXPECT_NE(why(asked).find("made by the requester"), std::string::npos) << why(asked);
}

TEST_F(Rules, NoRuleStandsInForEvidenceOrBeatsARefusal) {
  EXPECT_EQ(create(ann, "audit.close", Json::object({{"id", exact(7)}})).outcome(), "ok");
  EXPECT_EQ(world.request_tool(agent, "audit.close", Json::object({{"id", 7}})).at("status"),
            "pending");
  EXPECT_EQ(create(ann, "db.drop", Json::object({{"id", exact(7)}})).outcome(), "unprocessable");
}

TEST_F(Rules, H18_OnlyPeopleMakeAndRevokeRules) {
  const Person judge = world.make("agent", "judge", {"agent", "approver", "policy_admin"});
  const Json narrow = Json::object({{"to", exact("web")}});
  EXPECT_EQ(create(judge, "deploy", narrow).outcome(), "HUMAN_ACTOR_REQUIRED");
  EXPECT_EQ(create(agent, "deploy", narrow).outcome(), "insufficient_permissions");
  const Reply rule = create(ann, "deploy", narrow);
  EXPECT_EQ(revoke(judge, rule.id()).outcome(), "HUMAN_ACTOR_REQUIRED");
  EXPECT_EQ(world.request_tool(agent, "deploy", Json::object({{"to", "web"}})).at("status"),
            "approved");
}

TEST_F(Rules, WhatCouldNeverMatchOrMatchesEverythingIsRefusedWithTheReason) {
  const auto path_of = [](const Reply& reply) {
    return reply.error && !reply.error->fields.empty() ? reply.error->fields.front().path : "";
  };
  const Json narrow = Json::object({{"to", exact("web")}});
  EXPECT_EQ(path_of(create(ann, "fs.*", narrow)), "tool");
  const Reply late =
      create(ann, "deploy", narrow, Json::object({{"expiresAt", "2020-01-01T00:00:00Z"}}));
  EXPECT_EQ(path_of(late), "expiresAt");
  EXPECT_EQ(path_of(create(ann, "deploy", Json::object())), "constraints");
  EXPECT_EQ(path_of(create(ann, "deploy", narrow, uses(0))), "maxUses");
  EXPECT_EQ(create(ann, "deploy", Json::object(), uses(2)).outcome(), "ok") << "but bounded";
}

TEST_F(Rules, MalformedConstraintsAreRefusedWhereTheyAre) {
  struct Row {
    std::string_view constraints, path;
  };
  constexpr std::array kRows = {
      Row{R"({"a":"*"})", "constraints.a"},
      Row{R"({"a":{"type":"regex","value":"x"}})", "constraints.a.type"},
      Row{R"({"a":{"value":"x"}})", "constraints.a.type"},
      Row{R"({"a":{"exact":"x"}})", "constraints.a.exact"},
      Row{R"({"a":{"type":"exact"}})", "constraints.a.value"},
      Row{R"({"a":{"type":"any","value":1}})", "constraints.a.value"},
      Row{R"({"a":{"type":"pattern","value":7}})", "constraints.a.value"},
      Row{R"({"a":{"type":"pattern","value":""}})", "constraints.a.value"},
      Row{R"({"a":{"type":"exact","value":1.0}})", "constraints.a.value"},
      Row{R"({"a":{"type":"exact","value":{"b":[2.0]}}})", "constraints.a.value"},
      Row{R"({"a":{"type":"exact","value":1,"note":""}})", "constraints.a.note"},
      Row{R"([1])", "constraints"},
  };
  for (const Row& row : kRows) {
    const Reply reply = create(ann, "deploy", *parse_json(row.constraints), uses(1));
    ASSERT_TRUE(reply.error) << row.constraints;
    EXPECT_EQ(reply.error->fields.front().path, row.path) << row.constraints;
  }
}

TEST_F(Rules, H14_Trap7_ValuesThatLookLikeConditionsAreValues) {
  EXPECT_EQ(create(ann, "deploy", Json::object({{"to", exact("*")}}), uses(9)).outcome(), "ok");
  const auto status = [&](Json to) {
    return world.request_tool(agent, "deploy", Json::object({{"to", std::move(to)}})).at("status");
  };
  EXPECT_EQ(status("web"), "pending");
  EXPECT_EQ(status(Json::object({{"type", "any"}})), "pending");
  EXPECT_EQ(status(nullptr), "pending");
  EXPECT_EQ(status("*"), "approved");
}

TEST_F(Rules, H14_ExactIsTypeStrictAndAPatternIsForTextsOnly) {
  create(ann, "one", Json::object({{"n", exact(1)}}), uses(99));
  create(ann, "glob", Json::object({{"n", pattern("1*")}}), uses(99));
  const auto status = [&](std::string_view tool, std::string_view n) {
    const Json arguments = *parse_json("{\"n\":" + std::string(n) + "}");
    return world.request_tool(agent, tool, arguments).at("status");
  };
  EXPECT_EQ(status("one", "1"), "approved");
  for (const std::string_view other : {"true", "1.0", "\"1\"", "[1]", "null", "{\"n\":1}"}) {
    EXPECT_EQ(status("one", other), "pending") << other;
  }
  EXPECT_EQ(status("glob", "\"12\""), "approved");
  for (const std::string_view other : {"12", "[\"1\"]", "\"21\"", "null"}) {
    EXPECT_EQ(status("glob", other), "pending") << other;
  }
}

TEST_F(Rules, ListsAndShowsThemByToolAndStatus) {
  const Reply first = create(ann, "deploy", Json::object({{"to", exact("a")}}));
  world.clock.advance(std::chrono::milliseconds(1));  // Ids of one millisecond have no order.
  const Reply second = create(ann, "notify", Json::object({{"to", exact("b")}}));
  revoke(ann, first.id());
  const auto list = [&](std::vector<std::pair<std::string, std::string>> query) {
    const Reply reply =
        world.call({.operation = "list_rules", .by = agent, .query = std::move(query)});
    Types ids;
    for (const Json& rule : reply.data.items()) ids.emplace_back(*rule.string_at("id"));
    return ids;
  };
  EXPECT_EQ(list({}), (Types{second.id(), first.id()}));
  EXPECT_EQ(list({{"status", "revoked"}}), Types{first.id()});
  EXPECT_EQ(list({{"tool", "notify"}, {"status", "active"}}), Types{second.id()});
  const Reply page =
      world.call({.operation = "list_rules", .by = agent, .query = {{"limit", "1"}}});
  ASSERT_TRUE(page.next_cursor);
  EXPECT_EQ(list({{"limit", "1"}, {"cursor", *page.next_cursor}}), Types{first.id()});
}

TEST_F(Rules, H65_ASuggestionPinsWhatIsSensitiveAndShowsNoSecret) {
  const Reply asked = world.request_tool(
      agent, "fs.delete",
      Json::object({{"path", "/srv/a"}, {"email", "x@y"}, {"note", "n"}, {"token", "s3cret"}}));
  const auto before = world.log_size();
  const Reply shown =
      world.call({.operation = "suggest_rule", .by = ann, .path = {{"id", asked.id()}}});
  ASSERT_EQ(shown.outcome(), "ok");
  EXPECT_EQ(world.log_size(), before);
  EXPECT_EQ(*shown.data.find("constraints"),
            *parse_json(R"({"path":{"type":"exact","value":"/srv/a"},
                            "email":{"type":"exact","value":"x@y"},
                            "note":{"type":"any"},
                            "token":{"type":"exact","value":"***REDACTED***"}})"));
  EXPECT_EQ(
      *shown.data.find("sensitivity"),
      *parse_json(R"({"path":"declared","email":"by_name","note":"none","token":"by_name"})"));
}

TEST_F(Rules, H57_ARuleIsOfItsTenant) {
  const Person other{.id = {},
                     .key = world
                                .call({.operation = "create_tenant",
                                       .by = world.admin,
                                       .body = Json::object({{"name", "other"}})})
                                .at("adminKey")};
  const Reply rule = create(ann, "deploy", Json::object({{"to", exact("web")}}));
  EXPECT_EQ(
      world.call({.operation = "get_rule", .by = other, .path = {{"id", rule.id()}}}).outcome(),
      "not_found");
  EXPECT_EQ(revoke(other, rule.id()).outcome(), "not_found");
  EXPECT_EQ(world.request_tool(other, "deploy", Json::object({{"to", "web"}})).at("status"),
            "pending");
}

TEST_F(Rules, H12_ApprovingMayMakeTheRuleInTheSameCommit) {
  const Json call = Json::object({{"to", "web"}, {"n", 1}});
  const Reply asked = world.request_tool(agent, "deploy", call);
  const Reply yes = world.decide("approve", ann, asked.id(), Json::object({{"createRule", true}}));
  ASSERT_EQ(yes.outcome(), "ok") << (yes.error ? yes.error->detail : "");
  const Reply rule =
      world.call({.operation = "get_rule", .by = ann, .path = {{"id", yes.at("ruleId")}}});
  EXPECT_EQ(rule.at("createdFrom"), asked.id());
  EXPECT_EQ(*rule.data.find("constraints"), Json::object({{"n", exact(1)}, {"to", exact("web")}}));
  EXPECT_EQ(world.request_tool(agent, "deploy", call).at("ruleId"), yes.at("ruleId"));
  EXPECT_EQ(world.request_tool(agent, "deploy", Json::object({{"to", "web"}})).at("status"),
            "pending");
}

TEST_F(Rules, H16_ARuleMadeWithAHighRiskApprovalIsGoodForOneMoreCall) {
  const Json call = Json::object({{"path", "/srv/a"}});
  const Reply asked = world.request_tool(agent, "fs.delete", call);
  const Reply yes = world.decide("approve", ann, asked.id(), Json::object({{"createRule", true}}));
  ASSERT_EQ(yes.outcome(), "ok") << (yes.error ? yes.error->detail : "");
  EXPECT_EQ(world.request_tool(agent, "fs.delete", call).at("status"), "approved");
  EXPECT_EQ(world.request_tool(agent, "fs.delete", call).at("status"), "pending");
}

TEST_F(Rules, H16_ARuleThatIsRefusedTakesItsApprovalAlong) {
  const Reply asked = world.request_tool(agent, "fs.delete", Json::object({{"path", "/srv/a"}}));
  const auto before = world.log_size();
  constexpr std::array<std::string_view, 5> kWishes = {
      R"({"constraints":{"path":{"type":"pattern","value":"**"}},"maxUses":3})",
      R"({"constraints":{"path":"/srv/a"}})", R"({"constraints":{},"suggested":true})",
      R"({"uses":3})", R"("yes")"};
  for (const std::string_view wish : kWishes) {
    const Reply reply =
        world.decide("approve", ann, asked.id(), Json::object({{"createRule", *parse_json(wish)}}));
    ASSERT_TRUE(reply.error) << wish;
    ASSERT_FALSE(reply.error->fields.empty()) << wish;
    EXPECT_TRUE(reply.error->fields.front().path.starts_with("createRule")) << wish;
  }
  EXPECT_EQ(world.log_size(), before);
  EXPECT_EQ(world.show(asked.id()).at("status"), "pending");
  EXPECT_EQ(world
                .decide("reject", ann, asked.id(),
                        Json::object({{"rationale", "no"}, {"createRule", true}}))
                .outcome(),
            "validation_error");
}

TEST_F(Rules, AVoteThatDoesNotDecideMakesNoRule) {
  const Reply asked = world.request_tool(agent, "pay", Json::object({{"to", "x"}}));
  const Json wish = Json::object({{"createRule", true}});
  EXPECT_EQ(world.decide("approve", ann, asked.id(), wish).outcome(), "unprocessable");
  EXPECT_EQ(world.decide("approve", ann, asked.id()).outcome(), "ok");
  EXPECT_NE(world.decide("approve", owner, asked.id(), wish).outcome(), "ok") << "its own agent";
  const Person ben = world.make("human", "ben", {"approver"});
  const Reply last = world.decide("approve", ben, asked.id(), wish);
  EXPECT_EQ(last.outcome(), "ok");
  EXPECT_EQ(last.at("ruleId").substr(0, 4), "rul_");
}

TEST_F(Rules, H65_ASuggestionMayBecomeTheRuleOfAnApproval) {
  const Reply asked = world.request_tool(
      agent, "fs.delete", Json::object({{"path", "/srv/a"}, {"note", "one"}, {"token", "t1"}}));
  const Reply yes = world.decide(
      "approve", ann, asked.id(),
      Json::object({{"createRule", Json::object({{"suggested", true}, {"maxUses", 9}})}}));
  ASSERT_EQ(yes.outcome(), "ok") << (yes.error ? yes.error->detail : "");
  const auto status = [&](std::string_view note, std::string_view token) {
    return world
        .request_tool(agent, "fs.delete",
                      Json::object({{"path", "/srv/a"}, {"note", note}, {"token", token}}))
        .at("status");
  };
  EXPECT_EQ(status("two", "t1"), "approved");
  EXPECT_EQ(status("two", "t2"), "pending") << "the pinned value is the real one";
}

TEST_F(Rules, H15_NoAutomaticApprovalIsSequencedAfterTheRevocation) {
  const Reply rule = create(ann, "deploy", Json::object({{"to", exact("web")}}));
  std::vector<std::future<Reply>> calls;
  std::future<Reply> revoked;
  for (int i = 0; i < 100; ++i) {
    if (i == 50) {
      revoked = world.start({.operation = "revoke_rule", .by = ann, .path = {{"id", rule.id()}}});
    }
    Json body = Json::object(
        {{"kind", "tool_call"}, {"tool", "deploy"}, {"arguments", Json::object({{"to", "web"}})}});
    calls.push_back(
        world.start({.operation = "request_approval", .by = agent, .body = std::move(body)}));
  }
  for (auto& call : calls) EXPECT_EQ(call.get().outcome(), "ok");
  ASSERT_EQ(revoked.get().outcome(), "ok");
  bool is_revoked = false;
  const Reply log =
      world.call({.operation = "query_events", .by = world.admin, .query = {{"limit", "1000"}}});
  ASSERT_EQ(log.outcome(), "ok");
  for (const Json& event : log.data.items()) {
    if (event.string_at("type") == "rule.revoked") is_revoked = true;
    EXPECT_FALSE(is_revoked && event.string_at("type") == "approval.auto_approved");
  }
  EXPECT_TRUE(is_revoked);
}

}  // namespace
}  // namespace assent::app
