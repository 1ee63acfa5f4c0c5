#include "app/testing.h"
#include "base/canonical.h"
#include "domain/approval.h"
#include "domain/event.h"
#include "domain/policy.h"
#include "store/identities.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

namespace assent::app {
namespace {

using std::chrono::hours;

constexpr std::string_view kPolicy = R"yaml(
version: 1
defaults: {riskTier: high, approvers: [{role: approver, count: 1}]}
tools:
  - match: {tool: "fs.read*"}
    decision: allow
    riskTier: low
  - match: {tool: "fs.delete", arguments: {path: {pattern: "/srv/*"}}}
    evidence: {required: true, ttlSeconds: 3600}
    approvers: [{role: approver, count: 2}]
  - match: {tool: "db.drop"}
    decision: reject
  - match: {tool: "blog_*", kind: content}
    riskTier: low
)yaml";

class Simulate : public testing::Test {
 protected:
  Simulate() {
    agent = world.make("agent", "robot", {"agent"});
    world.put_policy(kPolicy);
  }

  Reply simulate(std::string_view draft,
                 std::vector<std::pair<std::string, std::string>> query = {}) {
    return simulate_as(world.admin, draft, std::move(query));
  }
  Reply simulate_as(const Person& by, std::string_view draft,
                    std::vector<std::pair<std::string, std::string>> query = {}) {
    return world.call({.operation = "simulate_policy",
                       .by = by,
                       .query = std::move(query),
                       .raw_body = std::string(draft),
                       .content_type = "application/yaml"});
  }

  // The policy in force with `from` replaced.
  static std::string draft_with(std::string_view from, std::string_view to) {
    std::string text(kPolicy);
    const std::size_t at = text.find(from);
    CHECK(at != std::string::npos);
    return text.replace(at, from.size(), to);
  }

  // A request whose event says what `members` say, and nothing else beyond what it must.
  void record_request(Json members) {
    Caller caller{.tenant = *world.store->identities()->tenant("default"),
                  .principal = {.id = *PrincipalId::parse(agent.id), .type = PrincipalType::agent},
                  .key = {}};
    const auto run = [&members](store::Write& write) -> Result<void> {
      const std::string id = write.make_id<ApprovalId>().text();
      Json data = Json::object({{"approvalId", id},
                                {"kind", "tool_call"},
                                {"tool", "rocket.launch"},
                                {"subject", Json::object({{"kind", "tool_call"},
                                                          {"tool", "rocket.launch"},
                                                          {"arguments", Json::object()}})},
                                {"contentHash", tool_call_hash("rocket.launch", Json::object())},
                                {"riskTier", "high"},
                                {"policyVersion", 1},
                                {"evidencePolicy", to_json(EvidencePolicy{})},
                                {"quorum", to_json(default_policy().defaults.quorum)},
                                {"selfApproval", "forbidden"},
                                {"expiresAt", to_rfc3339(write.now() + hours(1))},
                                {"maxAttempts", 3},
                                {"grantTtlSeconds", 60},
                                {"requestedBy", write.caller().principal.id.text()},
                                {"why", "it was so"}});
      for (auto& [name, value] : members.members()) data.set(name, value);
      TRY(write.record(
          {.type = "approval.requested", .subject = "approval/" + id, .data = std::move(data)}));
      return {};
    };
    std::promise<bool> done;
    ASSERT_TRUE(world.store
                    ->write({.caller = caller,
                             .trace = std::string(32, 'a'),
                             .run = run,
                             .done = [&](auto came) { done.set_value(came.has_value()); }})
                    .has_value());
    ASSERT_TRUE(done.get_future().get());
  }

  World world;
  Person agent;
};

// `requests changed unchanged`.
std::string counts(const Reply& reply) {
  EXPECT_EQ(reply.outcome(), "ok") << (reply.error ? reply.error->detail : "");
  if (!reply.is_ok()) return {};
  return std::to_string(*reply.data.integer_at("requests")) + " " +
         std::to_string(*reply.data.integer_at("changed")) + " " +
         std::to_string(*reply.data.integer_at("unchanged"));
}

const Json& change(const Reply& reply, std::size_t index = 0) {
  return reply.data.find("changes")->items().at(index);
}

std::string skipped(const Reply& reply) {
  return canonical_json(*reply.data.find("skipped"));
}

Json path(std::string_view text) {
  return Json::object({{"path", text}});
}

TEST_F(Simulate, ThePolicyInForceChangesNothing) {
  world.request_tool(agent, "fs.read_file");
  world.request_tool(agent, "fs.delete", path("/srv/a"));
  world.request_tool(agent, "fs.delete", path("/etc"));
  world.request_tool(agent, "db.drop");
  world.request(agent, Json::object({{"kind", "content"}, {"type", "blog_post"}, {"title", "t"}}));
  world.request(agent, Json::object({{"kind", "content"}, {"title", "untyped"}}));
  const std::uint64_t size = world.log_size();
  const Reply reply = simulate(kPolicy);
  EXPECT_EQ(counts(reply), "6 0 6");
  EXPECT_TRUE(reply.data.find("changes")->items().empty());
  EXPECT_TRUE(reply.data.find("warnings")->items().empty());
  EXPECT_EQ(skipped(reply), "{}");
  EXPECT_EQ(reply.data.integer_at("policyVersion"), 1);
  EXPECT_EQ(world.log_size(), size);
  EXPECT_EQ(world.call({.operation = "get_policy", .by = world.admin}).data.integer_at("version"),
            1);
}

TEST_F(Simulate, AChangeShowsBothAnswersAndTheirReasons) {
  const Reply asked = world.request_tool(agent, "db.drop");
  const Reply reply = simulate(draft_with("decision: reject", "decision: human"));
  EXPECT_EQ(counts(reply), "1 1 0");
  const Json& found = change(reply);
  EXPECT_EQ(found.string_at("approvalId"), asked.id());
  EXPECT_EQ(found.string_at("tool"), "db.drop");
  EXPECT_EQ(found.string_at("requestedAt"), to_rfc3339(world.clock.now()));
  EXPECT_EQ(canonical_json(*found.find("before")),
            R"({"decision":"reject","policyEntry":2,"riskTier":"high",)"
            R"("why":"policy entry 2 (db.drop) refuses it"})");
  EXPECT_EQ(canonical_json(*found.find("after")),
            R"({"approvers":[{"count":1,"role":"approver"}],"decision":"human",)"
            R"("evidence":{"required":false,"ttlSeconds":null},"policyEntry":2,"riskTier":"high",)"
            R"("selfApproval":"forbidden","why":"policy entry 2 (db.drop) requires a person"})");
}

TEST_F(Simulate, EachKindOfChangeIsOne) {
  world.request_tool(agent, "fs.read_file");
  world.request_tool(agent, "fs.delete", path("/srv/a"));
  const auto changed = [&](std::string_view from, std::string_view to) {
    return *simulate(draft_with(from, to)).data.integer_at("changed");
  };
  EXPECT_EQ(changed("riskTier: low", "riskTier: medium"), 1);
  EXPECT_EQ(changed("decision: allow", "decision: human"), 1);
  EXPECT_EQ(changed("fs.read*", "fs.reads"), 1);
  EXPECT_EQ(changed("count: 2", "count: 3"), 1);
  EXPECT_EQ(changed("ttlSeconds: 3600", "ttlSeconds: 60"), 1);
  EXPECT_EQ(changed("/srv/*", "/var/*"), 1);
  EXPECT_EQ(changed("version: 1", "version: 1\nselfApproval: allowed"), 1);
  // Where nobody is asked, who would be makes no difference; nor does an entry's number.
  EXPECT_EQ(changed("count: 1", "count: 5"), 0);
  EXPECT_EQ(changed("tools:", "tools:\n  - match: {tool: other}"), 0);
}

TEST_F(Simulate, WhatBecameOfARequestDoesNotMatter) {
  const Person ann = world.make("human", "ann", {"approver"});
  const Reply approved = world.request_tool(agent, "rocket.launch");
  EXPECT_EQ(world.decide("approve", ann, approved.id()).outcome(), "ok");
  const Reply rejected = world.request_tool(agent, "rocket.launch", path("b"));
  world.decide("reject", ann, rejected.id(), Json::object({{"rationale", "no"}}));
  EXPECT_EQ(counts(simulate(kPolicy)), "2 0 2");
}

TEST_F(Simulate, WhatTheRequestItselfAskedStaysAsked) {
  world.request(agent, Json::object({{"kind", "tool_call"},
                                     {"tool", "fs.read_file"},
                                     {"evidencePolicy", Json::object({{"required", true}})}}));
  EXPECT_EQ(counts(simulate(kPolicy)), "1 0 1");
  const Reply reply = simulate(draft_with("riskTier: low", "riskTier: medium"));
  EXPECT_EQ(counts(reply), "1 1 0");
  const Json& after = *change(reply).find("after");
  EXPECT_EQ(after.string_at("decision"), "human");
  EXPECT_EQ(after.find("evidence")->find("required")->boolean(), true);
  EXPECT_EQ(after.string_at("why"),
            "policy entry 0 (fs.read*) allows it; evidence is required, so a person decides");
}

TEST_F(Simulate, SinceIsInclusiveAndUntilExclusive) {
  const Timestamp first = world.clock.now();
  world.request_tool(agent, "a");
  world.clock.advance(hours(1));
  const Timestamp second = world.clock.now();
  world.request_tool(agent, "b");
  world.clock.advance(Microseconds(1));
  const Timestamp third = world.clock.now();
  world.request_tool(agent, "c");
  const auto between = [&](Timestamp since, Timestamp until) {
    return counts(simulate(kPolicy, {{"since", to_rfc3339(since)}, {"until", to_rfc3339(until)}}));
  };
  EXPECT_EQ(between(first, second), "1 0 1");
  EXPECT_EQ(between(first, third), "2 0 2");
  EXPECT_EQ(between(second, third), "1 0 1");
  EXPECT_EQ(between(first + Microseconds(1), second), "0 0 0");
  EXPECT_EQ(counts(simulate(kPolicy, {{"since", to_rfc3339(third)}})), "1 0 1");
  EXPECT_EQ(counts(simulate(kPolicy, {{"since", to_rfc3339(third + Microseconds(1))}})), "0 0 0");
}

TEST_F(Simulate, SinceMayBeADurationAndIsThirtyDaysByDefault) {
  world.request_tool(agent, "a");
  world.clock.advance(hours(30 * 24));
  EXPECT_EQ(counts(simulate(kPolicy)), "1 0 1");
  world.clock.advance(Microseconds(1));
  EXPECT_EQ(counts(simulate(kPolicy)), "0 0 0");
  EXPECT_EQ(counts(simulate(kPolicy, {{"since", "31d"}})), "1 0 1");
  EXPECT_EQ(counts(simulate(kPolicy, {{"since", "31d"}, {"until", "30d"}})), "1 0 1");
}

TEST_F(Simulate, SaysWhereTheQuestionIsWrong) {
  const auto path_of = [](const Reply& reply) {
    EXPECT_TRUE(reply.error.has_value());
    return reply.error && !reply.error->fields.empty() ? reply.error->fields[0].path : "";
  };
  EXPECT_EQ(path_of(simulate(kPolicy, {{"since", "yesterday"}})), "since");
  EXPECT_EQ(path_of(simulate(kPolicy, {{"until", "1w"}})), "until");
  EXPECT_EQ(path_of(simulate(kPolicy, {{"since", "1d"}, {"until", "1d"}})), "until");
  EXPECT_EQ(path_of(simulate(kPolicy, {{"limit", "0"}})), "limit");
  EXPECT_EQ(path_of(simulate(kPolicy, {{"limit", "1001"}})), "limit");
  EXPECT_EQ(path_of(simulate(kPolicy, {{"sinse", "1d"}})), "sinse");
  EXPECT_EQ(path_of(simulate(draft_with("riskTier: low", "riskTier: lowest"))),
            "tools[0].riskTier");
  EXPECT_EQ(simulate(std::string(256 * 1024 + 1, ' ')).error->code, Code::too_large);
  EXPECT_EQ(simulate("").error->code, Code::validation_error);
}

TEST_F(Simulate, ListsAsManyChangesAsAskedForButCountsAll) {
  for (int i = 0; i < 5; ++i) world.request_tool(agent, "db.drop", path(std::to_string(i)));
  const std::string draft = draft_with("decision: reject", "decision: human");
  const Reply reply = simulate(draft, {{"limit", "2"}});
  EXPECT_EQ(counts(reply), "5 5 0");
  EXPECT_EQ(reply.data.find("changes")->items().size(), 2U);
  EXPECT_EQ(simulate(draft).data.find("changes")->items().size(), 5U);
}

TEST_F(Simulate, WhatIsBeyondTheMaximumIsCountedAsSkipped) {
  for (int i = 0; i < 3; ++i) world.request_tool(agent, "a", path(std::to_string(i)));
  const Reply some = simulate(kPolicy, {{"requestsMax", "2"}});
  EXPECT_EQ(counts(some), "3 0 2");
  EXPECT_EQ(skipped(some), R"({"beyond requestsMax":1})");
  const Reply all = simulate(kPolicy, {{"requestsMax", "3"}});
  EXPECT_EQ(counts(all), "3 0 3");
  EXPECT_EQ(skipped(all), "{}");
}

TEST_F(Simulate, LargeArgumentsAreReadFromTheirBlob) {
  const std::string large = "/srv/" + std::string(100'000, 'a');
  world.request_tool(agent, "fs.delete", path(large));
  EXPECT_EQ(counts(simulate(kPolicy)), "1 0 1");
  EXPECT_EQ(counts(simulate(draft_with("/srv/*", "/srv/*a"))), "1 0 1");
  EXPECT_EQ(counts(simulate(draft_with("/srv/*", "/srv/*b"))), "1 1 0");
}

TEST_F(Simulate, WhatCannotBeJudgedIsCountedWithItsReason) {
  world.request_tool(agent, "a");
  world.request_tool(agent, "fs.delete", path("/srv/" + std::string(100'000, 'a')));
  std::string moved;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(world.directory + "/blobs")) {
    if (file.is_regular_file() && file.file_size() > 100'000) moved = file.path();
  }
  ASSERT_FALSE(moved.empty());
  const std::string kept = world.directory + "/kept";
  std::filesystem::rename(moved, kept);
  const Reply reply = simulate(kPolicy);
  EXPECT_EQ(counts(reply), "2 0 1");
  EXPECT_EQ(skipped(reply), R"({"its content is lost":1})");
  std::filesystem::rename(kept, moved);
}

TEST_F(Simulate, ARequestFromATemplateStartsFromTheDrafts) {
  const std::string with_template(draft_with("tools:", R"yaml(
templates:
  release: {approvers: [{role: approver, count: 2}], evidence: {required: true}}
tools:)yaml"));
  world.put_policy(with_template);
  const Json evidence = to_json(EvidencePolicy{.required = true});
  const Json two = *parse_json(R"([{"count":2,"role":"approver"}])");
  record_request(Json::object({{"template", "release"},
                               {"policyVersion", 2},
                               {"decision", "human"},
                               {"quorum", two},
                               {"evidencePolicy", evidence}}));
  EXPECT_EQ(counts(simulate(with_template)), "1 0 1");
  EXPECT_EQ(skipped(simulate(kPolicy)), R"({"the draft has no template \"release\"":1})");

  std::string draft = with_template;
  draft.replace(draft.find("count: 2"), 8, "count: 3");
  const Reply reply = simulate(draft);
  EXPECT_EQ(counts(reply), "1 1 0");
  EXPECT_EQ(canonical_json(*change(reply).find("after")->find("approvers")),
            R"([{"count":3,"role":"approver"}])");
  EXPECT_EQ(*change(reply).find("after")->find("evidence"), evidence);
}

TEST_F(Simulate, WhatWasAskedBeyondAPolicyThatCannotBeReadIsSkipped) {
  record_request(Json::object(
      {{"policyVersion", 7}, {"evidencePolicy", to_json(EvidencePolicy{.ttl_seconds = 9})}}));
  EXPECT_EQ(skipped(simulate(kPolicy)), R"({"the policy that answered it cannot be read":1})");
}

TEST_F(Simulate, ARequestThatDoesNotSayHowItWasAnsweredShowsItByWhatBecameOfIt) {
  record_request(Json::object());  // Pending, so it was left to people.
  EXPECT_EQ(counts(simulate(kPolicy)), "1 0 1");
}

TEST_F(Simulate, AnswersForEveryPageOfRequests) {
  for (int i = 0; i < 1001; ++i) world.request_tool(agent, "db.drop");
  EXPECT_EQ(counts(simulate(kPolicy)), "1001 0 1001");
  const Reply reply =
      simulate(draft_with("decision: reject", "decision: human"), {{"limit", "1000"}});
  EXPECT_EQ(counts(reply), "1001 1001 0");
  EXPECT_EQ(reply.data.find("changes")->items().size(), 1000U);
}

TEST_F(Simulate, WarnsOfWhatTheDraftHides) {
  const Reply reply = simulate(draft_with("tool: \"db.drop\"", "tool: \"fs.read_me\""));
  EXPECT_EQ(canonical_json(*reply.data.find("warnings")),
            R"(["tools[2] (fs.read_me) is never reached: tools[0] (fs.read*) answers first"])");
}

TEST_F(Simulate, IsForAuditorsAndWhoeverMayPutAPolicy) {
  EXPECT_EQ(counts(simulate_as(world.make("human", "audrey", {"auditor"}), kPolicy)), "0 0 0");
  EXPECT_EQ(counts(simulate_as(world.make("human", "pol", {"policy_admin"}), kPolicy)), "0 0 0");
  for (const auto& who : {agent, world.make("human", "ann", {"approver", "requester"})}) {
    EXPECT_EQ(simulate_as(who, kPolicy).error->code, Code::insufficient_permissions);
  }
}

TEST_F(Simulate, OtherTenantsRequestsNeverAppear) {
  world.request_tool(agent, "db.drop");
  const Person chief = world.make("human", "chief", {"operator"});
  const Reply made = world.call(
      {.operation = "create_tenant", .by = chief, .body = Json::object({{"name", "acme"}})});
  ASSERT_EQ(made.outcome(), "ok");
  const Person other{.id = "", .key = made.at("adminKey")};
  EXPECT_EQ(counts(simulate_as(other, kPolicy)), "0 0 0");
  world.request_tool(other, "x");
  EXPECT_EQ(counts(simulate_as(other, kPolicy)), "1 0 1");
  EXPECT_EQ(counts(simulate(kPolicy)), "1 0 1");
}

class PutPolicy : public Simulate {};

TEST_F(PutPolicy, AnswersWithItsWarningsEvenWhenNothingChanges) {
  const auto put = [&](std::string_view text) {
    return world.call({.operation = "put_policy",
                       .by = world.admin,
                       .raw_body = std::string(text),
                       .content_type = "application/yaml"});
  };
  const std::string draft = draft_with("tool: \"db.drop\"", "tool: \"fs.read_me\"");
  for (int version = 2; version <= 3; ++version) {
    const Reply reply = put(draft);
    EXPECT_EQ(reply.data.integer_at("version"), 2);
    EXPECT_EQ(canonical_json(*reply.data.find("warnings")),
              R"(["tools[2] (fs.read_me) is never reached: tools[0] (fs.read*) answers first"])");
  }
  EXPECT_TRUE(put(kPolicy).data.find("warnings")->items().empty());
}

TEST_F(PutPolicy, ACheckOfADraftWarnsToo) {
  const auto check = [&](std::string_view text) {
    return world.call({.operation = "check_policy",
                       .by = world.admin,
                       .body = Json::object({{"tool", "a"}, {"document", text}})});
  };
  const Reply warned = check(draft_with("tool: \"db.drop\"", "tool: \"fs.read_me\""));
  EXPECT_EQ(warned.data.find("warnings")->items().size(), 1U);
  EXPECT_TRUE(check(kPolicy).data.find("warnings")->items().empty());
}

}  // namespace
}  // namespace assent::app
