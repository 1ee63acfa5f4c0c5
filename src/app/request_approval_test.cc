#include "app/testing.h"
#include "base/canonical.h"
#include "domain/approval.h"

#include <gtest/gtest.h>

namespace assent::app {
namespace {

using Types = std::vector<std::string>;

constexpr std::string_view kPolicy = R"yaml(
version: 1
defaults:
  {decision: human, riskTier: high, expiresAfter: 48h, approvers: [{role: approver, count: 1}]}
selfApproval: forbidden
tools:
  - match: {tool: "fs.read*"}
    decision: allow
    riskTier: low
  - match: {tool: "fs.delete", arguments: {path: {pattern: "/srv/*"}}}
    riskTier: high
    evidence: {required: true, ttlSeconds: 3600}
    approvers: [{role: approver, count: 2}]
    expiresAfter: 72h
  - match: {tool: "db.drop"}
    decision: reject
)yaml";

class Request : public testing::Test {
 protected:
  Request() {
    agent = world.make("agent", "robot", {"agent"});
    world.put_policy(kPolicy);
  }

  World world;
  Person agent;
};

TEST_F(Request, WhatPolicyAllowsIsApprovedAtOnceWithTwoEventsInOneCommit) {
  const std::uint64_t before = world.log_size();
  const Reply reply = world.request_tool(agent, "fs.read_file");
  EXPECT_EQ(reply.at("status"), "approved");
  EXPECT_EQ(reply.at("riskTier"), "low");
  EXPECT_EQ(world.log_size(), before + 2);
  const auto trail = world.trail(reply.id());
  EXPECT_EQ(world.trail_types(reply.id()), (Types{"approval.requested", "approval.auto_approved"}));
  EXPECT_EQ(*trail[1].find("data")->find("actor")->string_at("type"), "rule");
}

TEST_F(Request, WhatPolicyRejectsIsRejectedAtOnceByTheRuleAndFinal) {
  const Reply reply = world.request_tool(agent, "db.drop");
  EXPECT_EQ(reply.at("status"), "rejected");
  EXPECT_EQ(world.trail_types(reply.id()), (Types{"approval.requested", "approval.rejected"}));
  const Person ann = world.make("human", "ann", {"approver"});
  EXPECT_EQ(world.decide("approve", ann, reply.id()).outcome(), "INVALID_STATE");
}

TEST_F(Request, NoMatchMeansAHumanAndUnknownRiskMeansHigh) {
  const Reply reply = world.request_tool(agent, "rocket.launch");
  EXPECT_EQ(reply.at("status"), "pending");
  EXPECT_EQ(reply.at("riskTier"), "high");
  EXPECT_FALSE(reply.at("why").empty());
}

TEST_F(Request, TheContentHashIsThatOfTheCanonicalSubject) {
  const Json arguments = Json::object({{"path", "/srv/a"}, {"n", 1}});
  const Reply reply = world.request_tool(agent, "fs.delete", arguments);
  EXPECT_EQ(reply.at("contentHash"),
            content_hash_text(sha256(
                R"({"arguments":{"n":1,"path":"/srv/a"},"kind":"tool_call","tool":"fs.delete"})")));
  const Json swapped = Json::object({{"n", 1}, {"path", "/srv/a"}});
  EXPECT_EQ(world.request_tool(agent, "fs.delete", swapped).at("contentHash"),
            reply.at("contentHash"));
}

TEST_F(Request, TheMatchingEntrySetsEvidenceApproversAndDeadline) {
  const Reply reply = world.request_tool(agent, "fs.delete", Json::object({{"path", "/srv/a"}}));
  const Reply shown = world.show(reply.id());
  EXPECT_EQ(*shown.data.find("evidencePolicy"),
            Json::object({{"required", true}, {"ttlSeconds", 3600}}));
  EXPECT_EQ(shown.data.find("votes")->integer_at("need"), 2);
  EXPECT_EQ(shown.at("expiresAt"), to_rfc3339(world.clock.now() + std::chrono::hours(72)));
  EXPECT_EQ(*shown.data.find("arguments"), Json::object({{"path", "/srv/a"}}));
}

TEST_F(Request, H28_ATemplateTheRequestAndTheirOriginAreOnTheRecord) {
  world.put_policy(R"(version: 1
defaults: {riskTier: medium, evidence: {required: true, ttlSeconds: 600}}
templates:
  quick: {evidence: {required: false}, expiresAfter: 1h}
tools: [{match: {tool: fs.delete}, evidence: {required: true, ttlSeconds: 60}}]
)");
  const Person pat = world.make("human", "pat", {"requester", "policy_admin"});
  const auto said_of = [&](const Person& by, std::string_view tool, Json more) {
    Json body = Json::object({{"kind", "tool_call"}, {"tool", tool}});
    for (auto& [name, value] : more.members()) body.set(name, value);
    const Reply reply = world.request(by, std::move(body));
    if (!reply.is_ok()) return reply.outcome();
    const Json data = *world.trail(reply.id()).front().find("data");
    const Json& policy = *data.find("evidencePolicy");
    return std::string(*data.string_at("evidencePolicySource")) + " " + canonical_json(policy) +
           (data.find("evidencePolicyWeakened") == nullptr ? "" : " weakened");
  };
  const Json quick = Json::object({{"template", "quick"}});
  EXPECT_EQ(said_of(agent, "x", Json::object()), R"(default {"required":true,"ttlSeconds":600})");
  EXPECT_EQ(said_of(agent, "x", quick), R"(template {"required":false,"ttlSeconds":null})");
  EXPECT_EQ(said_of(agent, "fs.delete", quick), R"(template {"required":true,"ttlSeconds":60})")
      << "an entry is not undone by a template";
  const Json cleared = Json::object({{"evidencePolicy", Json::object({{"ttlSeconds", nullptr}})}});
  EXPECT_EQ(said_of(agent, "x", cleared), "unprocessable");
  EXPECT_EQ(said_of(pat, "x", cleared), R"(override {"required":true,"ttlSeconds":null} weakened)");
  EXPECT_EQ(said_of(agent, "x", Json::object({{"evidencePolicy", Json::object()}})),
            R"(default {"required":true,"ttlSeconds":600})")
      << "what says nothing overrides nothing";
  EXPECT_EQ(said_of(agent, "x", Json::object({{"template", "unknown"}})), "unprocessable");
}

TEST_F(Request, ThePolicysTermsOfExecutionAreTheApprovals) {
  world.put_policy(R"(version: 1
tools: [{match: {tool: pay}, lease: 90s, proof: {required: true}, maxDefers: 1,
         executor: {url: "https://pay.example/run", timeout: 20s}}]
)");
  const Reply asked = world.request_tool(agent, "pay");
  const Json data = *world.trail(asked.id()).front().find("data");
  EXPECT_EQ(data.integer_at("leaseSeconds"), 90);
  EXPECT_EQ(*data.find("requiresProof"), Json(true));
  EXPECT_EQ(data.integer_at("maxDefers"), 1);
  EXPECT_EQ(*data.find("executor"),
            Json::object({{"url", "https://pay.example/run"}, {"timeoutSeconds", 20}}));
}

TEST_F(Request, ARequestMayTightenTheEvidencePolicyAndNeverWeakenIt) {
  const auto ask = [&](Json policy) {
    return world.request(agent, Json::object({{"kind", "tool_call"},
                                              {"tool", "fs.delete"},
                                              {"arguments", Json::object({{"path", "/srv/a"}})},
                                              {"evidencePolicy", std::move(policy)}}));
  };
  EXPECT_EQ(ask(Json::object({{"ttlSeconds", 60}})).outcome(), "ok");
  const Reply weaker = ask(Json::object({{"required", false}}));
  ASSERT_EQ(weaker.outcome(), "unprocessable");
  EXPECT_EQ(weaker.error->fields.front().path, "evidencePolicy.required");
  EXPECT_EQ(ask(Json::object({{"ttlSeconds", 3601}})).outcome(), "unprocessable");
  EXPECT_EQ(ask(Json::object({{"ttlSeconds", -1}})).outcome(), "validation_error");
  EXPECT_EQ(ask(Json::object({{"ttlSeconds", 0}})).outcome(), "validation_error");
}

TEST_F(Request, EvidenceAskedForOnWhatPolicyAllowsBringsAPersonIn) {
  const Reply reply =
      world.request(agent, Json::object({{"kind", "tool_call"},
                                         {"tool", "fs.read"},
                                         {"evidencePolicy", Json::object({{"required", true}})}}));
  EXPECT_EQ(reply.at("status"), "pending");
}

TEST_F(Request, TheDeadlineMayBeEarlierNeitherLaterNorPast) {
  const auto ask = [&](Timestamp at) {
    return world.request(agent, Json::object({{"kind", "tool_call"},
                                              {"tool", "rocket.launch"},
                                              {"expiresAt", to_rfc3339(at)}}));
  };
  const Timestamp now = world.clock.now();
  EXPECT_EQ(ask(now + std::chrono::hours(1)).at("expiresAt"),
            to_rfc3339(now + std::chrono::hours(1)));
  EXPECT_EQ(ask(now).outcome(), "unprocessable");
  EXPECT_EQ(ask(now + std::chrono::hours(49)).outcome(), "unprocessable");
}

TEST_F(Request, MalformedInputIsRefusedWithThePathAndWithoutAnEvent) {
  const std::uint64_t before = world.log_size();
  const auto path_of = [&](Json body) {
    const Reply reply = world.request(agent, std::move(body));
    EXPECT_EQ(reply.outcome(), "validation_error");
    return reply.error && !reply.error->fields.empty() ? reply.error->fields.front().path : "";
  };
  EXPECT_EQ(path_of(Json::object({{"tool", "x"}})), "kind");
  EXPECT_EQ(path_of(Json::object({{"kind", "tool_call"}})), "tool");
  EXPECT_EQ(path_of(Json::object({{"kind", "plan"}, {"tool", "x"}})), "kind");
  EXPECT_EQ(path_of(Json::object({{"kind", "tool_call"}, {"tool", 5}})), "tool");
  EXPECT_EQ(path_of(Json::object({{"kind", "tool_call"}, {"tool", "x"}, {"evidencPolicy", 1}})),
            "evidencPolicy");
  EXPECT_EQ(
      path_of(Json::object({{"kind", "tool_call"}, {"tool", "x"}, {"arguments", Json::array()}})),
      "arguments");
  EXPECT_EQ(path_of(Json::object({{"kind", "content"}, {"tool", "x"}, {"title", "t"}})), "tool");
  EXPECT_EQ(path_of(Json::object({{"kind", "tool_call"}, {"tool", std::string(257, 'x')}})),
            "tool");
  EXPECT_EQ(
      path_of(Json::object({{"kind", "tool_call"},
                            {"tool", "x"},
                            {"evidencePolicy", Json::object({{"required", true}, {"ttl", 5}})}})),
      "evidencePolicy.ttl");
  EXPECT_EQ(world.log_size(), before);
}

TEST_F(Request, ALargeSubjectLiesInABlobAndComesBackWhole) {
  const Json arguments = Json::object({{"text", std::string(200'000, 'x')}});
  const Reply reply = world.request_tool(agent, "fs.write", arguments);
  ASSERT_EQ(reply.outcome(), "ok");
  EXPECT_EQ(*world.show(reply.id()).data.find("arguments"), arguments);
  const auto trail = world.trail(reply.id());
  EXPECT_NE(trail[0].find("data")->find("subjectBlob"), nullptr);
  EXPECT_EQ(trail[0].find("data")->find("subject"), nullptr);
}

TEST_F(Request, ContentIsRequestedDecidedAndShownLikeAToolCall) {
  const Reply reply =
      world.request(agent, Json::object({{"kind", "content"},
                                         {"type", "code_review"},
                                         {"title", "Release notes"},
                                         {"content", Json::object({{"summary", "all good"}})}}));
  ASSERT_EQ(reply.at("status"), "pending");
  const Person ann = world.make("human", "ann", {"approver"});
  EXPECT_EQ(world.decide("approve", ann, reply.id()).outcome(), "ok");
  const Reply shown = world.show(reply.id());
  EXPECT_EQ(shown.at("title"), "Release notes");
  EXPECT_EQ(shown.at("contentHash"), reply.at("contentHash"));
}

TEST_F(Request, ContentBesideAToolCallIsShownAndNotHashed) {
  const Reply plain = world.request_tool(agent, "rocket.launch");
  const Json content = Json::object({{"summary", "up"}});
  const Reply told = world.request(
      agent,
      Json::object({{"kind", "tool_call"}, {"tool", "rocket.launch"}, {"content", content}}));
  ASSERT_EQ(told.outcome(), "ok");
  EXPECT_EQ(told.at("contentHash"), plain.at("contentHash"));
  EXPECT_EQ(*world.show(told.id()).data.find("content"), content);
}

TEST_F(Request, ThePolicyInForceIsTheOneOfTheRequest) {
  const Reply before = world.request_tool(agent, "fs.read");
  EXPECT_EQ(before.at("status"), "approved");
  world.put_policy("version: 1\ndefaults: {decision: reject}\ntools: []\n");
  EXPECT_EQ(world.request_tool(agent, "fs.read").at("status"), "rejected");
  world.restart();
  EXPECT_EQ(world.request_tool(agent, "fs.read").at("status"), "rejected");
}

TEST_F(Request, H59_ADeduplicationKeyStandsForOneOpenRequestAndForANewOneAfterItExpired) {
  const auto ask = [&](int n) {
    return world.request(agent, Json::object({{"kind", "tool_call"},
                                              {"tool", "rocket.launch"},
                                              {"arguments", Json::object({{"n", n}})},
                                              {"deduplicationKey", "moon"}}));
  };
  const Reply first = ask(1);
  const std::uint64_t size = world.log_size();
  EXPECT_EQ(ask(1).id(), first.id());
  EXPECT_EQ(ask(2).outcome(), "idempotency_conflict");
  EXPECT_EQ(world.log_size(), size);
  const Person ann = world.make("human", "ann", {"approver"});
  ASSERT_EQ(world.decide("reject", ann, first.id(), because()).outcome(), "ok");
  EXPECT_EQ(ask(1).at("status"), "rejected") << "a no is not asked away";
  world.restart();
  EXPECT_EQ(ask(1).id(), first.id());

  const Reply other = world.request(
      agent, Json::object(
                 {{"kind", "tool_call"}, {"tool", "rocket.launch"}, {"deduplicationKey", "mars"}}));
  world.clock.advance(std::chrono::hours(49));
  const Reply again = world.request(
      agent, Json::object(
                 {{"kind", "tool_call"}, {"tool", "rocket.launch"}, {"deduplicationKey", "mars"}}));
  EXPECT_NE(again.id(), other.id());
  EXPECT_EQ(world.show(other.id()).at("status"), "expired");
}

TEST_F(Request, ListsFilterAndPageWithoutSkippingOrRepeating) {
  std::vector<std::string> ids;
  for (int i = 0; i < 25; ++i) {
    ids.push_back(world.request_tool(agent, "rocket.launch", Json::object({{"n", i}})).id());
    world.clock.advance(std::chrono::milliseconds(2));
  }
  std::vector<std::string> seen;
  std::optional<std::string> cursor;
  do {
    std::vector<std::pair<std::string, std::string>> query = {{"limit", "10"},
                                                              {"status", "pending"}};
    if (cursor) query.emplace_back("cursor", *cursor);
    const Reply page = world.call({.operation = "list_approvals", .by = agent, .query = query});
    ASSERT_EQ(page.outcome(), "ok");
    for (const Json& line : page.data.items()) seen.emplace_back(*line.string_at("id"));
    cursor = page.next_cursor;
    world.request_tool(agent, "fs.read");  // Inserts between pages change nothing.
  } while (cursor);
  std::ranges::reverse(ids);
  EXPECT_EQ(seen, ids);
  const Reply foreign = world.call({.operation = "list_approvals",
                                    .by = agent,
                                    .query = {{"status", "approved"}, {"cursor", "AAAA"}}});
  EXPECT_EQ(foreign.outcome(), "validation_error");
}

}  // namespace
}  // namespace assent::app
