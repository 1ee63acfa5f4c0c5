// An agent that asks, its owner, and people who may decide: what the tests of decisions begin with.
#pragma once

#include "app/testing.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assent::app {

using Types = std::vector<std::string>;

inline constexpr std::string_view kQuorumOfTwo =
    "version: 1\ndefaults: {decision: human, approvers: [{role: approver, count: 2}]}\ntools: []\n";

class DecisionTest : public testing::Test {
 protected:
  DecisionTest() {
    owner = world.make("human", "olga", {"approver"});
    agent = world.make("agent", "robot", {"agent"}, owner.id);
    ann = world.make("human", "ann", {"approver"});
    bob = world.make("human", "bob", {"approver"});
  }

  // A pending approval of fs.delete /srv/a.
  std::string ask(Json extra = Json::object()) {
    Json body =
        Json::object({{"kind", "tool_call"}, {"tool", "fs.delete"}, {"arguments", path("/srv/a")}});
    for (auto& [name, value] : extra.members()) body.set(name, value);
    const Reply reply = world.request(agent, std::move(body));
    EXPECT_EQ(reply.outcome(), "ok") << (reply.error ? reply.error->detail : "");
    return reply.id();
  }
  static Json path(std::string_view value) { return Json::object({{"path", value}}); }

  static Json evidence_policy(std::optional<std::int64_t> ttl) {
    Json policy = Json::object({{"required", true}});
    policy.set_if("ttlSeconds", ttl);
    return Json::object({{"evidencePolicy", std::move(policy)}});
  }

  std::string status(const std::string& id) { return world.show(id).at("status"); }
  std::string hash(const std::string& id) { return world.show(id).at("contentHash"); }

  // The body of an edit to other arguments, seen as it is now or as `seen` says.
  Json edit_to(const std::string& id, std::string_view to,
               std::optional<std::string> seen = std::nullopt) {
    return Json::object({{"contentHash", seen ? *seen : hash(id)}, {"arguments", path(to)}});
  }
  static Json hours(std::int64_t count) { return Json::object({{"hours", count}}); }
  static Json emergency() {
    return Json::object({{"incidentRef", "INC-7"}, {"justification", "the site is down"}});
  }

  Reply run(const std::string& id, std::optional<std::string> seen = std::nullopt) {
    Json body = Json::object();
    body.set_if("contentHash", seen);
    return world.decide("start_execution", agent, id, std::move(body));
  }
  // The data of the last event of the approval.
  Json last(const std::string& id) { return *world.trail(id).back().find("data"); }

  // That the call is refused so and recorded, an attempt and a block, and that nothing changes.
  void expect_blocked(std::string_view verb, const Person& by, const std::string& id, Json body,
                      std::string_view code) {
    const std::uint64_t before = world.log_size();
    const std::string was = status(id);
    const std::string content = hash(id);
    EXPECT_EQ(world.decide(verb, by, id, std::move(body)).outcome(), code) << verb;
    EXPECT_EQ(world.log_size(), before + 2) << verb << " " << code;
    EXPECT_EQ(status(id), was) << verb << " " << code;
    EXPECT_EQ(hash(id), content) << verb << " " << code;
  }
  // That the call fails so, at that field, and that nothing happens at all.
  void expect_error(std::string_view verb, const Person& by, const std::string& id, Json body,
                    std::string_view code, std::string_view field) {
    const std::uint64_t before = world.log_size();
    const Reply reply = world.decide(verb, by, id, std::move(body));
    EXPECT_EQ(reply.outcome(), code) << verb << " " << field;
    ASSERT_TRUE(reply.error) << verb;
    ASSERT_FALSE(reply.error->fields.empty()) << verb << " " << reply.error->detail;
    EXPECT_EQ(reply.error->fields[0].path, field) << verb;
    EXPECT_EQ(world.log_size(), before) << verb;
  }
  // That the same call under the same key gives the same answer again, and does nothing.
  void expect_replay(const Person& by, std::string verb, const std::string& id, const Json& body) {
    const auto call = [&] {
      return world.call({.operation = verb,
                         .by = by,
                         .path = {{"id", id}},
                         .body = body,
                         .idempotency_key = "again"});
    };
    const Reply first = call();
    ASSERT_EQ(first.outcome(), "ok") << verb;
    const std::uint64_t before = world.log_size();
    world.restart();
    const Reply second = call();
    EXPECT_TRUE(second.is_replay) << verb;
    EXPECT_EQ(second.data, first.data) << verb;
    EXPECT_EQ(second.trace, first.trace) << verb;
    EXPECT_EQ(world.log_size(), before) << verb;
  }

  World world;
  Person owner, agent, ann, bob;
};

}  // namespace assent::app
