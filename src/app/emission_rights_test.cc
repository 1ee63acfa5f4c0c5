// Whose producers' numbers are, who may emit which types, and who may end what was begun.
#include "app/testing_emission.h"

namespace assent::app {
namespace {

TEST_F(Emission, H57_AProducerIsOnePrincipalsAndNobodyElseUsesItsNumbers) {
  const Json first = numbered(1);
  ASSERT_EQ(outcome(first), "ok");
  EXPECT_EQ(producer().string_at("principal"), agent.id);
  const Json before = producer();
  const Person mine = agent;
  agent = world.make("service", "intruder", {"agent"});
  const std::uint64_t size = world.log_size();
  for (const std::int64_t n : {1, 2, 40}) {
    EXPECT_EQ(outcome(numbered(n)), "insufficient_permissions producer.id") << n;
  }
  EXPECT_EQ(outcome(Json(Json::Array{event(), numbered(1, "intruder"), numbered(2)})),
            "insufficient_permissions events[2].producer.id");
  EXPECT_EQ(world.log_size(), size) << "and nothing of what stands beside it";
  EXPECT_EQ(list("list_producers"), Json(Json::Array{before}));
  EXPECT_EQ(outcome(numbered(1, "intruder")), "ok");
  agent = mine;
  EXPECT_EQ(outcome(numbered(2, "intruder")), "insufficient_permissions producer.id");
  EXPECT_EQ(outcome(numbered(2)), "ok") << "its numbers are as it left them";
  world.crash();
  EXPECT_EQ(outcome(numbered(3, "intruder")), "insufficient_permissions producer.id");
  EXPECT_EQ(outcome(numbered(3)), "ok");
}

TEST_F(Emission, G38_WhoMayEmitWhichTypesIsThePolicysWord) {
  const Json before = identified();
  const Reply first = emit(before);
  ASSERT_EQ(first.outcome(), "ok");
  const Person publisher = world.make("service", "press", {"agent"});
  world.put_policy("version: 1\ngroups: {press: [" + publisher.id + R"(]}
emissions:
  - {match: "content.*", by: [{group: press}]}
  - {match: "ops.*", by: [{role: admin}]})");
  const std::uint64_t size = world.log_size();
  EXPECT_EQ(outcome(event()), "insufficient_permissions type");
  EXPECT_EQ(outcome(event("failure")), "insufficient_permissions type") << "whatever its outcome";
  EXPECT_EQ(outcome(numbered(1)), "insufficient_permissions type");
  Json mail = event();
  mail.set("type", "mail.send");
  Json page = event();
  page.set("type", "ops.page");
  EXPECT_EQ(outcome(Json(Json::Array{mail, event()})), "insufficient_permissions events[1].type");
  EXPECT_EQ(outcome(page), "insufficient_permissions type");
  EXPECT_EQ(world.log_size(), size);
  EXPECT_TRUE(list("list_producers").items().empty()) << "nor was a number used";
  EXPECT_EQ(emit(before).data, first.data) << "a retry is no new event";
  EXPECT_EQ(outcome(mail), "ok") << "nothing is said of it";
  agent = publisher;
  EXPECT_EQ(outcome(event()), "ok");
  EXPECT_EQ(outcome(page), "insufficient_permissions type");
  agent = world.make("service", "pager", {"agent", "admin"});
  EXPECT_EQ(outcome(page), "ok");
  world.put_policy("version: 1");
  EXPECT_EQ(outcome(event()), "ok") << "the policy in force counts";
}

TEST_F(Emission, G39_WhoMayNotEmitWhatWasBegunMayNotEndIt) {
  const Person publisher = agent;
  const Person other = world.make("service", "other", {"agent"});
  const Reply opened = emit(event("pending"));
  ASSERT_EQ(opened.outcome(), "ok");
  world.put_policy(
      "version: 1\nemissions: [{match: \"content.*\", by: [{principal: " + publisher.id + "}]}]");
  agent = other;
  Json verified = caused(event(), opened.at("id"));
  verified.set("type", "page.seen");
  EXPECT_EQ(outcome(verified), "insufficient_permissions causationId");
  Json progress = caused(event("pending"), opened.at("id"));
  progress.set("type", "page.seen");
  EXPECT_EQ(outcome(progress), "ok") << "it ends nothing";
  Json effect = caused(event("success", "2"), opened.at("id"));
  effect.set("type", "page.seen");
  EXPECT_EQ(outcome(effect), "ok") << "nor does an effect on another target";
  EXPECT_EQ(outcome(caused(event(), opened.at("id"))), "insufficient_permissions type");
  EXPECT_EQ(list("list_obligations").items().size(), 2u) << "the one, and the progress on it";
  agent = publisher;
  EXPECT_EQ(outcome(verified), "ok") << "by whatever type, from whoever might have begun it";
  EXPECT_EQ(list("list_obligations").items().size(), 1u);
  EXPECT_EQ(outcome(verified), "invalid_state causationId");
  agent = other;
  EXPECT_EQ(outcome(verified), "insufficient_permissions causationId")
      << "how it ended is nothing to them";
}

}  // namespace
}  // namespace assent::app
