// A pending approval and a policy that changes meanwhile.
#include "app/testing_decisions.h"

namespace assent::app {
namespace {

class RequirementTest : public DecisionTest {
 protected:
  void put_rule(std::string_view rest) {
    world.put_policy("version: 1\ndefaults: {decision: human}\ntools:\n  - match: {tool: " +
                     std::string(rest) + "\n");
  }
};

TEST_F(RequirementTest, AnUnrelatedChangeVoidsNothing) {
  world.put_policy(kQuorumOfTwo);
  const auto id = ask();
  ASSERT_EQ(world.decide("approve", ann, id).at("status"), "pending");
  world.put_policy(
      "version: 1\ndefaults: {decision: human, approvers: [{role: approver, count: 2}]}\n"
      "tools:\n  - match: {tool: mail.send}\n    decision: reject\n");
  EXPECT_EQ(world.show(id).data.find("alsoRequired"), nullptr);
  EXPECT_EQ(world.decide("approve", bob, id).at("status"), "approved");
}

TEST_F(RequirementTest, AStricterOneKeepsTheVotesAndAsksForMore) {
  world.put_policy(kQuorumOfTwo);
  const auto id = ask();
  ASSERT_EQ(world.decide("approve", ann, id).at("status"), "pending");
  put_rule(
      "fs.delete}\n    approvers: [{role: approver, count: 2}, {role: auditor, count: 1}]\n"
      "    evidence: {required: true, ttlSeconds: 60}");
  EXPECT_EQ(world.show(id).data.find("alsoRequired")->items().size(), 1u);
  expect_blocked("approve", bob, id, Json::object(), "EVIDENCE_REQUIRED");
  ASSERT_EQ(world.attach(ann, id, Json::object({{"type", "text"}, {"text", "x"}})).outcome(), "ok");
  const Reply second = world.decide("approve", bob, id);
  EXPECT_EQ(second.at("status"), "pending");
  EXPECT_EQ(*second.data.find("votes"), Json::object({{"have", 2}, {"need", 3}}));
  // Whom only the policy in force asks may vote too.
  const Person ada = world.make("human", "ada", {"auditor"});
  world.restart();
  EXPECT_EQ(world.decide("approve", ada, id).at("status"), "approved");
}

TEST_F(RequirementTest, ALooserOneGivesNothingAway) {
  world.put_policy(kQuorumOfTwo);
  const auto id = ask(evidence_policy(60));
  put_rule("fs.delete}\n    decision: allow");
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "EVIDENCE_REQUIRED");
  ASSERT_EQ(world.attach(ann, id, Json::object({{"type", "text"}, {"text", "x"}})).outcome(), "ok");
  EXPECT_EQ(world.decide("approve", ann, id).at("status"), "pending");
  EXPECT_EQ(world.decide("approve", bob, id).at("status"), "approved");
}

TEST_F(RequirementTest, OneThatAsksForOthersNeedsBoth) {
  const auto id = ask();
  put_rule("fs.delete}\n    approvers: [{role: auditor, count: 1}]");
  const Person ada = world.make("human", "ada", {"auditor"});
  const Person both = world.make("human", "both", {"auditor", "approver"});
  EXPECT_EQ(world.decide("approve", ada, id).at("status"), "pending");
  EXPECT_EQ(world.decide("approve", ann, id).at("status"), "approved");
  // One human counts once in each.
  const auto other = ask();
  put_rule("fs.delete}\n    approvers: [{role: approver, count: 1}]");
  EXPECT_EQ(world.decide("approve", both, other).at("status"), "approved");
}

TEST_F(RequirementTest, ARefusalEndsItByTheEntryThatRefuses) {
  for (const std::string verb : {"approve", "reject", "cancel", "defer", "edit"}) {
    world.put_policy("version: 1\ndefaults: {decision: human}\ntools: []\n");
    const auto id = ask();
    Json body = because();
    if (verb == "defer") body = hours(1);
    if (verb == "edit") body = edit_to(id, "/srv/b");
    put_rule("fs.delete}\n    decision: reject");
    const Reply reply = world.decide(verb, verb == "cancel" ? agent : ann, id, body);
    EXPECT_EQ(reply.outcome(), "INVALID_STATE") << verb;
    EXPECT_EQ(reply.refused->details, Json::object({{"currentStatus", "rejected"}})) << verb;
    EXPECT_EQ(world.trail_types(id),
              (Types{"approval.requested", "approval.rejected", "approval.attempted",
                     "approval.blocked.invalid_state"}))
        << verb;
    const auto trail = world.trail(id);
    const Json& actor = *trail[1].find("data")->find("actor");
    EXPECT_EQ(actor.string_at("type"), "rule");
    EXPECT_TRUE(actor.string_at("id")->starts_with("policy/"));
    EXPECT_TRUE(actor.string_at("id")->ends_with("/0"));
    EXPECT_EQ(*trail[1].string_at("traceid"), reply.trace);
  }
}

TEST_F(RequirementTest, TheContentThatLiesInABlobIsAskedAboutToo) {
  const Json large = path("/etc/" + std::string(60'000, 'x'));
  const auto id = ask(Json::object({{"arguments", large}}));
  put_rule("fs.delete, arguments: {path: {pattern: '/etc/*'}}}\n    decision: reject");
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "INVALID_STATE");
  EXPECT_EQ(status(id), "rejected");
}

TEST_F(RequirementTest, SelfApprovalIsForbiddenAsSoonAsThePolicySaysSo) {
  world.put_policy("version: 1\ndefaults: {decision: human}\nselfApproval: allowed\ntools: []\n");
  const auto id = ask();
  world.put_policy("version: 1\ndefaults: {decision: human}\ntools: []\n");
  expect_blocked("approve", owner, id, Json::object(), "SELF_APPROVAL_FORBIDDEN");
}

// ---- the early notice ----

TEST_F(RequirementTest, H21_WhoAsksForMorePeopleThanThereAreIsToldAtOnce) {
  world.put_policy(
      "version: 1\ndefaults: {decision: human, approvers: [{role: approver, count: 3}]}\n"
      "tools: []\n");
  const Reply asked = world.request_tool(agent, "fs.delete");  // Ann and Bob; Olga owns the agent.
  EXPECT_NE(asked.at("notice"), "");
  EXPECT_EQ(world.trail(asked.id())[0].find("data")->find("canBeMet")->boolean(), false);
  const Reply first = world.decide("approve", ann, asked.id());
  EXPECT_NE(first.at("notice"), "");
  EXPECT_EQ(last(asked.id()).find("canBeMet")->boolean(), false);
  EXPECT_NE(world.show(asked.id()).at("notice"), "");

  world.make("human", "cyd", {"approver"});
  EXPECT_EQ(world.show(asked.id()).at("notice"), "");
  const Reply second = world.decide("approve", bob, asked.id());
  EXPECT_EQ(second.at("notice"), "");
  EXPECT_EQ(last(asked.id()).find("canBeMet"), nullptr);
}

TEST_F(RequirementTest, WhereTheQuorumCanBeMetNothingIsSaid) {
  const Reply asked = world.request_tool(agent, "fs.delete");
  EXPECT_EQ(asked.data.find("notice"), nullptr);
  EXPECT_EQ(world.trail(asked.id())[0].find("data")->find("canBeMet"), nullptr);
  ASSERT_EQ(world.decide("approve", ann, asked.id()).outcome(), "ok");
  EXPECT_EQ(world.show(asked.id()).data.find("notice"), nullptr);
}

TEST_F(RequirementTest, AnOperatorAndAnAgentCountForNobody) {
  World empty;
  empty.make("agent", "bot", {"approver"});
  empty.make("human", "op", {"approver", "operator"});
  const Person asker = empty.make("human", "ann", {"approver"});
  const Reply asked = empty.request_tool(asker, "fs.delete");
  EXPECT_NE(asked.at("notice"), "") << "Ann may not approve her own";
}

TEST_F(RequirementTest, ApproversBehindManyOthersAreFound) {
  World crowd;
  for (int i = 0; i < 40; ++i) crowd.make("human", "guest", {"auditor"});
  const Person asker = crowd.make("agent", "bot", {"agent"});
  EXPECT_NE(crowd.request_tool(asker, "fs.delete").at("notice"), "");
  crowd.make("human", "ann", {"approver"});
  EXPECT_EQ(crowd.request_tool(asker, "fs.delete").at("notice"), "");
}

}  // namespace
}  // namespace assent::app
