#include "app/testing.h"

#include <gtest/gtest.h>

namespace assent::app {
namespace {

using std::chrono::hours;

class Suggestions : public testing::Test {
 protected:
  Suggestions() {
    world.put_policy(R"(version: 1
defaults: {riskTier: medium}
tools:
  - {match: {tool: fs.delete}, riskTier: high, safetyCritical: [path]}
)");
    agent = world.make("agent", "robot", {"agent"});
    ann = world.make("human", "ann", {"approver"});
  }

  std::string ask(Json arguments, std::string_view tool = "deploy") {
    world.clock.advance(std::chrono::milliseconds(1));
    return world.request_tool(agent, tool, std::move(arguments)).id();
  }
  void approve(int times, const Json& arguments, std::string_view tool = "deploy") {
    for (int i = 0; i < times; ++i) {
      ASSERT_EQ(world.decide("approve", ann, ask(arguments, tool)).outcome(), "ok");
    }
  }
  std::vector<Json> list(std::string_view status = "pending") {
    const Reply reply = world.call(
        {.operation = "list_suggestions", .by = ann, .query = {{"status", std::string(status)}}});
    EXPECT_EQ(reply.outcome(), "ok");
    return reply.data.items();
  }
  std::string only() {
    const auto all = list();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? "" : std::string(*all.front().string_at("id"));
  }
  Reply end(std::string_view verb, const Person& by, const std::string& id,
            Json body = Json::object()) {
    return world.call({.operation = std::string(verb) + "_suggestion",
                       .by = by,
                       .path = {{"id", id}},
                       .body = std::move(body)});
  }

  const Json to_web = Json::object({{"to", "web"}, {"note", "n"}});
  World world;
  Person agent, ann;
};

TEST_F(Suggestions, H66_FiveLikeApprovalsGiveOneAndNoMore) {
  approve(4, to_web);
  EXPECT_TRUE(list().empty());
  approve(1, to_web);
  const auto all = list();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(*all[0].find("constraints"),
            *parse_json(R"({"to":{"type":"exact","value":"web"},"note":{"type":"any"}})"));
  EXPECT_EQ(all[0].find("approvals")->items().size(), 5u);
  approve(7, to_web);
  EXPECT_EQ(list().size(), 1u);
}

TEST_F(Suggestions, H66_LikeMeansTheSameToolAndTheSameSensitiveArguments) {
  approve(4, to_web);
  approve(1, Json::object({{"to", "db"}}));
  approve(1, to_web, "notify");
  EXPECT_TRUE(list().empty());
  approve(1, Json::object({{"to", "web"}, {"note", "something else"}}));
  EXPECT_EQ(list().size(), 1u) << "what is not sensitive may differ";
}

TEST_F(Suggestions, H66_ARefusalStartsTheCountAgain) {
  approve(4, to_web);
  EXPECT_EQ(world.decide("reject", ann, ask(to_web), because("not today")).outcome(), "ok");
  approve(4, to_web);
  EXPECT_TRUE(list().empty());
  world.restart();
  approve(1, to_web);
  EXPECT_EQ(list().size(), 1u);
}

TEST_F(Suggestions, H66_APersonConfirmsAndThenTheRuleApproves) {
  approve(5, to_web);
  const std::string id = only();
  const Person judge = world.make("agent", "judge", {"agent", "approver"});
  EXPECT_EQ(end("confirm", judge, id).outcome(), "HUMAN_ACTOR_REQUIRED");
  EXPECT_EQ(end("confirm", agent, id).outcome(), "insufficient_permissions");
  const Reply confirmed = end("confirm", ann, id);
  ASSERT_EQ(confirmed.outcome(), "ok") << (confirmed.error ? confirmed.error->detail : "");
  EXPECT_EQ(confirmed.at("status"), "confirmed");
  const Reply asked = world.request_tool(agent, "deploy", to_web);
  EXPECT_EQ(asked.at("ruleId"), confirmed.at("ruleId"));
  EXPECT_EQ(end("confirm", ann, id).outcome(), "invalid_state");
  EXPECT_EQ(end("dismiss", ann, id).outcome(), "invalid_state");
}

TEST_F(Suggestions, H66_HighRiskIsConfirmedWithABoundOrNotAtAll) {
  const Json call = Json::object({{"path", "/srv/a"}});
  approve(5, call, "fs.delete");
  const std::string id = only();
  EXPECT_EQ(end("confirm", ann, id).outcome(), "unprocessable");
  EXPECT_EQ(list().size(), 1u);
  EXPECT_EQ(end("confirm", ann, id, Json::object({{"maxUses", 3}})).outcome(), "ok");
}

TEST_F(Suggestions, H66_ADismissedOneRestsForThirtyDays) {
  approve(5, to_web);
  ASSERT_EQ(end("dismiss", ann, only()).outcome(), "ok");
  const Timestamp dismissed = world.clock.now();
  approve(6, to_web);
  EXPECT_TRUE(list().empty());
  const std::string early = ask(to_web);
  world.clock.set(dismissed + hours(48) - Microseconds(1));
  EXPECT_EQ(world.decide("approve", ann, early).outcome(), "ok");
  world.clock.set(dismissed + hours(30 * 24) - std::chrono::milliseconds(1));
  approve(1, to_web);  // A millisecond later: thirty days exactly.
  EXPECT_TRUE(list().empty());
  const std::string last = ask(to_web);
  world.clock.set(dismissed + hours(30 * 24) + std::chrono::milliseconds(2));
  EXPECT_EQ(world.decide("approve", ann, last).outcome(), "ok");
  const auto all = list();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].find("approvals")->items().back(), Json(last)) << "the last five, not the first";
}

TEST_F(Suggestions, H66_WhereNothingIsSensitiveEverythingCounts) {
  approve(4, Json::object({{"note", "a"}}));
  approve(4, Json::object({{"note", "b"}}));
  approve(9, Json::object());
  EXPECT_TRUE(list().empty());
  approve(1, Json::object({{"note", "a"}}));
  EXPECT_EQ(list()[0].find("constraints")->find("note")->string_at("value"), "a");
}

TEST_F(Suggestions, H66_ARuleRevokedByHandNeedsNoSuggestionAnyMore) {
  Json exact = *parse_json(R"({"to":{"type":"exact","value":"web"}})");
  const Reply rule =
      world.call({.operation = "create_rule",
                  .by = ann,
                  .body = Json::object({{"tool", "deploy"}, {"constraints", std::move(exact)}})});
  const Reply asked = world.request_tool(agent, "deploy", to_web);
  const Reply started = world.decide("start_execution", agent, asked.id());
  world.decide("complete_execution", agent, started.at("executionId"),
               Json::object({{"outcome", "unknown"}}));
  EXPECT_TRUE(list().empty());
  EXPECT_EQ(world
                .decide("resolve_execution", ann, started.at("executionId"),
                        Json::object({{"as", "failure"}, {"note", "it never arrived"}}))
                .outcome(),
            "ok");
  const std::string id = only();
  EXPECT_EQ(end("confirm", ann, id, Json::object({{"description", "x"}})).error->fields[0].path,
            "description");
  world.call({.operation = "revoke_rule", .by = ann, .path = {{"id", rule.id()}}});
  EXPECT_EQ(end("confirm", ann, id).outcome(), "invalid_state");
  EXPECT_EQ(list("superseded").size(), 1u);
}

TEST_F(Suggestions, H57_H58_OfTheirTenantAndReplayedOnce) {
  approve(5, to_web);
  const std::string id = only();
  const Reply made = world.call(
      {.operation = "create_tenant", .by = world.admin, .body = Json::object({{"name", "there"}})});
  const Person there{.id = {}, .key = made.at("adminKey")};
  EXPECT_EQ(end("confirm", there, id).outcome(), "not_found");
  const Ask confirm{.operation = "confirm_suggestion",
                    .by = ann,
                    .path = {{"id", id}},
                    .idempotency_key = "once"};
  const Reply first = world.call(confirm);
  const auto size = world.log_size();
  const Reply again = world.call(confirm);
  EXPECT_TRUE(again.is_replay);
  EXPECT_EQ(again.data, first.data);
  EXPECT_EQ(world.log_size(), size);
}

TEST_F(Suggestions, H66_ARuleThatCoversItSupersedesItInTheSameCommit) {
  approve(5, to_web);
  const Json narrow = *parse_json(R"({"to":{"type":"exact","value":"db"}})");
  const auto create = [&](Json constraints) {
    return world.call(
        {.operation = "create_rule",
         .by = ann,
         .body = Json::object({{"tool", "deploy"}, {"constraints", std::move(constraints)}})});
  };
  EXPECT_EQ(create(narrow).outcome(), "ok");
  EXPECT_EQ(list().size(), 1u) << "another target";
  const auto before = world.log_size();
  EXPECT_EQ(create(*parse_json(R"({"to":{"type":"pattern","value":"w*"}})")).outcome(), "ok");
  EXPECT_EQ(world.log_size(), before + 2);
  EXPECT_TRUE(list().empty());
  EXPECT_EQ(list("superseded").size(), 1u);
}

TEST_F(Suggestions, H66_ARulesFailureSuggestsItsEndOnce) {
  const Reply rule =
      world.call({.operation = "create_rule",
                  .by = ann,
                  .body = Json::object(
                      {{"tool", "deploy"},
                       {"constraints", *parse_json(R"({"to":{"type":"exact","value":"web"}})")}})});
  const auto fail = [&] {
    const Reply asked = world.request_tool(agent, "deploy", to_web);
    const Reply started = world.decide("start_execution", agent, asked.id());
    world.decide("complete_execution", agent, started.at("executionId"),
                 Json::object({{"outcome", "failure"}}));
  };
  fail();
  fail();
  const auto all = list();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].string_at("kind"), "demotion");
  EXPECT_EQ(all[0].string_at("ruleId"), rule.id());
  ASSERT_EQ(end("confirm", ann, only()).outcome(), "ok");
  EXPECT_EQ(world.request_tool(agent, "deploy", to_web).at("status"), "pending");
}

TEST_F(Suggestions, SecretsAreCountedAndNotShown) {
  approve(5, Json::object({{"token", "s3cret"}}));
  EXPECT_EQ(list()[0].find("constraints")->find("token")->string_at("value"), "***REDACTED***");
}

TEST_F(Suggestions, H66_TwentyAtOnceGiveOne) {
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 20; ++i) {
    calls.push_back(
        world.start({.operation = "approve", .by = ann, .path = {{"id", ask(to_web)}}}));
  }
  for (auto& call : calls) EXPECT_EQ(call.get().outcome(), "ok");
  EXPECT_EQ(list().size(), 1u);
}

}  // namespace
}  // namespace assent::app
