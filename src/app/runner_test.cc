#include "app/testing.h"

#include <gtest/gtest.h>

namespace assent::app {
namespace {

class Run : public testing::Test {
 protected:
  Run() { agent = world.make("agent", "robot", {"agent"}); }

  Ask ask(int number, std::optional<std::string> key) {
    return {.operation = "request_approval",
            .by = agent,
            .body = Json::object({{"kind", "tool_call"},
                                  {"tool", "fs.delete"},
                                  {"arguments", Json::object({{"n", number}})}}),
            .idempotency_key = std::move(key)};
  }

  World world;
  Person agent;
};

TEST_F(Run, H58_TheSameKeyAndBodyGiveTheSameAnswerAndNoNewEventAlsoAfterARestart) {
  const Reply first = world.call(ask(1, "k1"));
  const std::uint64_t size = world.log_size();
  const Reply again = world.call(ask(1, "k1"));
  EXPECT_TRUE(again.is_replay);
  EXPECT_EQ(again.data, first.data);
  EXPECT_EQ(again.trace, first.trace);
  world.restart();
  EXPECT_EQ(world.call(ask(1, "k1")).data, first.data);
  EXPECT_EQ(world.log_size(), size);
}

TEST_F(Run, H58_TheSameKeyWithAnotherBodyIsAConflict) {
  ASSERT_EQ(world.call(ask(1, "k1")).outcome(), "ok");
  EXPECT_EQ(world.call(ask(2, "k1")).outcome(), "idempotency_conflict");
}

TEST_F(Run, H58_ConcurrentCallsUnderOneKeyHaveOneEffect) {
  const std::uint64_t before = world.log_size();
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(world.start(ask(1, "k1")));
  std::string id;
  for (auto& call : calls) {
    const Reply reply = call.get();
    if (id.empty()) id = reply.id();
    EXPECT_EQ(reply.id(), id);
  }
  EXPECT_EQ(world.log_size(), before + 1);
}

TEST_F(Run, H58_KeysArePerPrincipal) {
  const Person other = world.make("agent", "other", {"agent"});
  ASSERT_EQ(world.call(ask(1, "k1")).outcome(), "ok");
  Ask theirs = ask(2, "k1");
  theirs.by = other;
  EXPECT_EQ(world.call(theirs).outcome(), "ok");
}

TEST_F(Run, ARefusalIsReplayedToo) {
  const auto id = world.call(ask(1, std::nullopt)).id();
  Ask decide{.operation = "approve", .by = agent, .path = {{"id", id}}, .idempotency_key = "d1"};
  const Reply first = world.call(decide);
  EXPECT_EQ(first.outcome(), "INSUFFICIENT_PERMISSIONS");
  const std::uint64_t size = world.log_size();
  const Reply again = world.call(decide);
  EXPECT_EQ(again.outcome(), first.outcome());
  EXPECT_TRUE(again.is_replay);
  EXPECT_EQ(world.log_size(), size);
}

TEST_F(Run, AnErrorIsNotKeptSoThatARetryCanSucceed) {
  Ask wrong = ask(1, "k1");
  wrong.body.set("evidencePolicy", Json::object({{"ttlSeconds", 60}}));
  wrong.body.set("expiresAt", to_rfc3339(world.clock.now() - std::chrono::hours(1)));
  EXPECT_EQ(world.call(wrong).outcome(), "unprocessable");
  EXPECT_EQ(world.call(ask(1, "k1")).outcome(), "ok");
}

TEST_F(Run, ASecretIsShownOnceAndNotKeptForTheReplay) {
  Ask key{.operation = "create_key",
          .by = world.admin,
          .path = {{"id", agent.id}},
          .idempotency_key = "k2"};
  const Reply first = world.call(key);
  ASSERT_EQ(first.outcome(), "ok");
  EXPECT_TRUE(first.at("key").starts_with("ask_"));
  const Reply again = world.call(key);
  EXPECT_EQ(again.at("keyId"), first.at("keyId"));
  EXPECT_EQ(again.data.find("key"), nullptr);
}

TEST_F(Run, ARevokedKeyStopsWorkingAtOnce) {
  const Reply key =
      world.call({.operation = "create_key", .by = world.admin, .path = {{"id", agent.id}}});
  const Person with_key{.id = agent.id, .key = key.at("key")};
  ASSERT_EQ(world.request_tool(with_key, "x").outcome(), "ok");
  ASSERT_EQ(world.decide("revoke_key", world.admin, key.at("keyId")).outcome(), "ok");
  EXPECT_EQ(world.request_tool(with_key, "x").outcome(), "unauthenticated");
  EXPECT_EQ(world.decide("revoke_key", world.admin, key.at("keyId")).outcome(), "invalid_state");
}

TEST_F(Run, H57_AnotherTenantsIdsAreAsAbsentAsIdsThatNeverWere) {
  const Reply made = world.call(
      {.operation = "create_tenant", .by = world.admin, .body = Json::object({{"name", "acme"}})});
  ASSERT_EQ(made.outcome(), "ok");
  const Person stranger{.id = "", .key = made.at("adminKey")};
  const auto id = world.call(ask(1, std::nullopt)).id();
  const std::string absent = "apr_01h455vb4pex5vsknk084sn02q";
  for (const std::string operation : {"get_approval", "approve", "reject", "cancel",
                                      "approval_trail", "attach_evidence", "start_execution"}) {
    Json body = Json::object();
    if (operation == "reject" || operation == "cancel") body = because();
    if (operation == "attach_evidence") body = Json::object({{"type", "text"}, {"text", "x"}});
    const Reply foreign = world.decide(operation, stranger, id, body);
    const Reply nothing = world.decide(operation, stranger, absent, body);
    EXPECT_EQ(foreign.outcome(), "not_found") << operation;
    ASSERT_TRUE(foreign.error && nothing.error);
    EXPECT_EQ(foreign.error->detail, nothing.error->detail) << operation;
  }
  const Reply list = world.call({.operation = "list_approvals", .by = stranger});
  EXPECT_TRUE(list.data.items().empty());
  const Reply events = world.call({.operation = "query_events", .by = stranger});
  for (const Json& event : events.data.items()) EXPECT_EQ(*event.string_at("tenantid"), "acme");
}

TEST_F(Run, OnlyAnOperatorFoundsTenantsOrMakesOperators) {
  const Person admin = world.make("human", "other admin", {"admin"});
  EXPECT_EQ(
      world
          .call(
              {.operation = "create_tenant", .by = admin, .body = Json::object({{"name", "acme"}})})
          .outcome(),
      "insufficient_permissions");
  EXPECT_EQ(
      world
          .call({.operation = "create_principal",
                 .by = admin,
                 .body = Json::object(
                     {{"type", "human"}, {"name", "x"}, {"roles", Json(Json::Array{"operator"})}})})
          .outcome(),
      "insufficient_permissions");
}

}  // namespace
}  // namespace assent::app
