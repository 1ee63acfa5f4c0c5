#include "app/expire.h"
#include "app/testing.h"
#include "base/canonical.h"
#include "base/testing_wait.h"
#include "domain/approval.h"

#include <gtest/gtest.h>

#include <map>

namespace assent::app {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Types = std::vector<std::string>;

class Executions : public testing::Test {
 protected:
  Executions() {
    agent = world.make("agent", "robot", {"agent"});
    ann = world.make("human", "ann", {"approver"});
  }

  std::string approved() {
    const auto id = world.request_tool(agent, "fs.delete", Json::object({{"path", "/srv/a"}})).id();
    EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ok");
    return id;
  }

  // An approval that stands under these terms, as a policy entry would have set them.
  std::string approved_under(const Json& terms) {
    const auto id = ApprovalId::make(world.clock.now(), world.random);
    const std::string hash = tool_call_hash("fs.delete", Json::object());
    Json data = Json::object(
        {{"approvalId", id.text()},
         {"kind", "tool_call"},
         {"tool", "fs.delete"},
         {"subject",
          Json::object(
              {{"arguments", Json::object()}, {"kind", "tool_call"}, {"tool", "fs.delete"}})},
         {"contentHash", hash},
         {"riskTier", "high"},
         {"policyVersion", 0},
         {"evidencePolicy", to_json(EvidencePolicy{})},
         {"quorum", to_json(Quorum{.alternatives = {{{.role = Role::approver, .count = 1}}}})},
         {"selfApproval", "forbidden"},
         {"expiresAt", to_rfc3339(world.clock.now() + minutes(60))},
         {"maxAttempts", 3},
         {"grantTtlSeconds", 86'400},
         {"requestedBy", agent.id},
         {"why", "for a test"},
         {"request", Json::object()}});
    for (const auto& [name, value] : terms.members()) data.set(name, value);
    write([&](store::Write& job) -> Result<void> {
      TRY(job.record({.type = "approval.requested",
                      .subject = "approval/" + id.text(),
                      .data = data,
                      .correlation_id = "flow"}));
      return {};
    });
    EXPECT_EQ(world.decide("approve", ann, id.text()).outcome(), "ok");
    return id.text();
  }
  void write(std::function<Result<void>(store::Write&)> run) {
    std::promise<Result<void>> done;
    const auto accepted = world.store->write(
        {.caller = *world.store->identities()->authenticate(agent.key, world.clock.now()),
         .trace = make_trace(world.random),
         .run = std::move(run),
         .done = [&](Result<void> result) { done.set_value(std::move(result)); }});
    ASSERT_TRUE(accepted);
    const auto result = done.get_future().get();
    ASSERT_TRUE(result) << result.error().detail;
  }

  Reply start(const std::string& id, Json body = Json::object()) {
    return world.decide("start_execution", agent, id, std::move(body));
  }
  Reply complete(const Reply& started, Json body) {
    return world.decide("complete_execution", agent, started.at("executionId"), std::move(body));
  }
  Reply end(const Reply& started, std::string_view outcome) {
    return complete(started, Json::object({{"outcome", outcome}}));
  }
  Reply renew(const Person& by, const Reply& started, Json body = Json::object()) {
    return world.decide("renew_execution", by, started.at("executionId"), std::move(body));
  }
  Reply resolve(const Person& by, const Reply& started, std::string_view as,
                Json body = Json::object()) {
    body.set("as", as);
    if (body.find("note") == nullptr) body.set("note", "looked at the disk");
    return world.decide("resolve_execution", by, started.at("executionId"), std::move(body));
  }
  std::size_t unresolved() {
    const Reply list =
        world.call({.operation = "list_approvals", .by = ann, .query = {{"status", "unknown"}}});
    return list.data.items().size();
  }
  void pass(std::chrono::microseconds time) { world.clock.advance(time); }
  std::ptrdiff_t count(const std::string& id, std::string_view type) {
    return std::ranges::count(world.trail_types(id), type);
  }
  Json last(const std::string& id) { return *world.trail(id).back().find("data"); }

  World world;
  Person agent, ann;
};

TEST_F(Executions, H40_AStartWithoutACompletionBecomesUnknownAndIsNeverRetriedByItself) {
  const auto id = approved();
  const Reply started = start(id, Json::object({{"leaseSeconds", 60}}));
  ASSERT_EQ(started.outcome(), "ok");
  EXPECT_EQ(started.at("leaseExpiresAt"), to_rfc3339(world.clock.now() + seconds(60)));
  pass(seconds(60));
  EXPECT_EQ(world.show(id).at("status"), "approved") << "equality is still in time";
  pass(Microseconds(1));
  EXPECT_EQ(world.show(id).at("status"), "unknown") << "even before anybody recorded it";
  EXPECT_EQ(start(id).outcome(), "ALREADY_CONSUMED");
  EXPECT_EQ(start(id).outcome(), "ALREADY_CONSUMED");
  EXPECT_EQ(count(id, "execution.unknown"), 1);
  EXPECT_EQ(count(id, "execution.started"), 1);
  EXPECT_EQ(unresolved(), 1U);
}

TEST_F(Executions, H40_TheTimerFindsTheLeaseAfterARestart) {
  const auto id = approved();
  const Reply started = start(id);
  world.restart();
  pass(minutes(61));
  {
    const TenantTimer timer(*world.store, expiry_task());
    EXPECT_TRUE(eventually([&] { return unresolved() != 0; }));
  }
  EXPECT_EQ(unresolved(), 1U);
  const Json data = last(id);
  EXPECT_EQ(data.find("actor")->string_at("type"), "system");
  EXPECT_EQ(data.string_at("error"), "the lease passed without a completion");
  EXPECT_EQ(data.integer_at("durationMs"), 61 * 60 * 1000);
  EXPECT_EQ(count(id, "execution.unknown"), 1);
}

TEST_F(Executions, ACompletionAfterTheLeaseIsRefusedAndRecordsTheUnknown) {
  const auto id = approved();
  const Reply started = start(id);
  pass(minutes(60) + Microseconds(1));
  const Reply late = end(started, "success");
  EXPECT_EQ(late.outcome(), "INVALID_STATE");
  EXPECT_EQ(late.refused->details.string_at("state"), "unknown");
  EXPECT_EQ(world.trail_types(id).back(), "execution.unknown");
  EXPECT_EQ(end(started, "success").outcome(), "invalid_state");
  EXPECT_EQ(renew(agent, started).outcome(), "invalid_state");
}

TEST_F(Executions, ARenewalMovesTheLeaseAndNeverShortensOrRevivesIt) {
  const auto id = approved();
  const Reply started = start(id, Json::object({{"leaseSeconds", 60}}));
  const Timestamp began = world.clock.now();
  pass(seconds(50));
  EXPECT_EQ(renew(agent, started, Json::object({{"leaseSeconds", 60}})).at("leaseExpiresAt"),
            to_rfc3339(began + seconds(110)));
  EXPECT_EQ(renew(agent, started, Json::object({{"leaseSeconds", 1}})).at("leaseExpiresAt"),
            to_rfc3339(began + seconds(110)));
  EXPECT_EQ(renew(agent, started, Json::object({{"leaseSeconds", 3601}})).outcome(),
            "unprocessable");
  EXPECT_EQ(renew(ann, started).outcome(), "insufficient_permissions");
  pass(seconds(61));
  EXPECT_EQ(renew(agent, started).outcome(), "INVALID_STATE");
  EXPECT_EQ(count(id, "execution.renewed"), 2);
  EXPECT_EQ(count(id, "execution.unknown"), 1);
}

TEST_F(Executions, ALeaseIsAtMostWhatTheApprovalGrants) {
  const auto id = approved_under(Json::object({{"leaseSeconds", 30}}));
  EXPECT_EQ(start(id, Json::object({{"leaseSeconds", 31}})).outcome(), "unprocessable");
  EXPECT_EQ(start(id, Json::object({{"leaseSeconds", 0}})).outcome(), "validation_error");
  EXPECT_EQ(start(id).at("leaseExpiresAt"), to_rfc3339(world.clock.now() + seconds(30)));
}

TEST_F(Executions, H40_APersonSettlesAnUnknown) {
  for (const auto& [as, status] : std::map<std::string, std::string>{
           {"success", "executed"}, {"partial", "executed"}, {"failure", "approved"}}) {
    const auto id = approved();
    const Reply started = start(id);
    ASSERT_EQ(end(started, "unknown").at("status"), "unknown");
    ASSERT_EQ(resolve(ann, started, as).at("status"), status);
    EXPECT_EQ(world.show(id).at("status"), status);
    EXPECT_EQ(resolve(ann, started, as).outcome(), "invalid_state") << "once";
    EXPECT_EQ(start(id).is_ok(), as == "failure") << "a failure leaves the other attempts";
    const Json execution = world.show(id).data.find("executions")->items().front();
    EXPECT_EQ(execution.string_at("state"), as);
    EXPECT_EQ(execution.find("resolution")->string_at("by"), ann.id);
  }
  EXPECT_EQ(unresolved(), 0U);
}

TEST_F(Executions, H40_WhoStartedItSettlesItByAVerificationOnly) {
  const auto id = approved();
  const Reply started = start(id);
  pass(minutes(61));  // Nobody recorded the unknown yet: the resolution does.
  const Person clerk = world.make("human", "clerk", {"requester"});
  const Person other = world.make("agent", "other", {"agent"});
  EXPECT_EQ(resolve(agent, started, "success").outcome(), "insufficient_permissions");
  EXPECT_EQ(resolve(agent, started, "success", Json::object({{"verification", Json::object()}}))
                .outcome(),
            "insufficient_permissions");
  EXPECT_EQ(resolve(clerk, started, "success").outcome(), "insufficient_permissions");
  EXPECT_EQ(resolve(other, started, "success").outcome(), "insufficient_permissions");
  EXPECT_EQ(resolve(ann, started, "success", Json::object({{"note", " "}})).outcome(),
            "validation_error");
  EXPECT_EQ(resolve(agent, started, "success",
                    Json::object({{"verification", Json::object({{"exists", false}})}}))
                .at("status"),
            "executed");
  EXPECT_EQ(count(id, "execution.unknown"), 1);
  EXPECT_EQ(world.trail_types(id).back(), "execution.resolved");
}

TEST_F(Executions, WhatIsRunningOrKnownIsNotResolved) {
  const Reply started = start(approved());
  EXPECT_EQ(resolve(ann, started, "success").outcome(), "invalid_state");
  ASSERT_EQ(end(started, "success").outcome(), "ok");
  EXPECT_EQ(resolve(ann, started, "failure").outcome(), "invalid_state");
}

TEST_F(Executions, H41_AnErrorObjectAndSuccessFalseAreFailures) {
  const std::vector<std::pair<Json, std::string>> failures = {
      {Json::object({{"error", "no space left"}}), "no space left"},
      {Json::object({{"success", false}}), "the result says success: false"}};
  for (const auto& [result, error] : failures) {
    const auto id = approved();
    const Reply ended =
        complete(start(id), Json::object({{"outcome", "success"}, {"result", result}}));
    EXPECT_EQ(ended.at("outcome"), "failure");
    EXPECT_EQ(ended.at("status"), "approved");
    EXPECT_NE(ended.at("note"), "");
    EXPECT_EQ(world.trail_types(id).back(), "execution.failed");
    EXPECT_EQ(last(id).string_at("error"), error);
    EXPECT_EQ(start(id).data.integer_at("attempt"), 2) << "a retry is allowed";
  }
  const std::vector<Json> successes = {Json::object({{"error", Json()}}),
                                       Json::object({{"error", ""}}),
                                       Json::object({{"error", false}}),
                                       Json::object({{"error", Json::object()}}),
                                       Json::object({{"success", true}}),
                                       Json("error"),
                                       Json::array()};
  for (const Json& result : successes) {
    const Reply ended =
        complete(start(approved()), Json::object({{"outcome", "success"}, {"result", result}}));
    EXPECT_EQ(ended.at("outcome"), "success") << canonical_json(result);
  }
  EXPECT_EQ(complete(start(approved()), Json::object({{"outcome", "success"}, {"error", "oh"}}))
                .at("outcome"),
            "failure");
}

TEST_F(Executions, H41_TheLastFailureEscalatesOnceWithTheWholeHistory) {
  const auto id = approved();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const Reply ended = complete(
        start(id), Json::object({{"outcome", "failure"}, {"error", std::string(5000, 'x')}}));
    EXPECT_EQ(ended.at("escalationId").empty(), attempt < 3);
  }
  const std::vector<Json> trail = world.trail(id);
  const Json& data = *trail.back().find("data");
  ASSERT_EQ(trail.back().string_at("type"), "escalation.triggered");
  EXPECT_EQ(trail.back().string_at("traceid"), trail[trail.size() - 2].string_at("traceid"))
      << "one commit with the failure";
  EXPECT_EQ(data.string_at("type"), "retry_exhausted");
  EXPECT_EQ(data.integer_at("attempts"), 3);
  ASSERT_EQ(data.find("history")->items().size(), 3U);
  EXPECT_NE(data.find("history")->items()[0].string_at("errorSha256"), std::nullopt);
  EXPECT_EQ(start(id).outcome(), "ALREADY_CONSUMED");
  EXPECT_EQ(count(id, "escalation.triggered"), 1);
}

TEST_F(Executions, AFailureThatAResolutionFindsAtTheCapEscalatesToo) {
  const auto id = approved_under(Json::object({{"maxAttempts", 1}}));
  const Reply started = start(id);
  ASSERT_EQ(end(started, "unknown").outcome(), "ok");
  EXPECT_NE(resolve(ann, started, "failure").at("escalationId"), "");
  EXPECT_EQ(world.trail_types(id).back(), "escalation.triggered");
}

TEST_F(Executions, ASuccessNeedsProofWhereThePolicyWantsIt) {
  const auto id = approved_under(Json::object({{"requiresProof", true}}));
  const Reply started = start(id);
  EXPECT_EQ(end(started, "success").outcome(), "unprocessable");
  EXPECT_EQ(complete(started, Json::object({{"outcome", "success"}, {"proof", Json::object()}}))
                .outcome(),
            "unprocessable");
  EXPECT_EQ(complete(started, Json::object({{"outcome", "success"},
                                            {"proof", Json::object({{"type", "receipt"}})}}))
                .at("status"),
            "executed");
  const auto other = approved_under(Json::object({{"requiresProof", true}}));
  const Reply unproven = start(other);
  ASSERT_EQ(end(unproven, "unknown").outcome(), "ok");
  EXPECT_EQ(resolve(ann, unproven, "success").outcome(), "unprocessable");
  EXPECT_EQ(resolve(ann, unproven, "partial").outcome(), "ok");
}

TEST_F(Executions, H36_DurationsAreTheServersAndAClientsAreRefused) {
  const auto id = approved();
  pass(seconds(7));
  const Reply started = start(id);
  pass(std::chrono::milliseconds(1234));
  EXPECT_EQ(complete(started, Json::object({{"outcome", "success"}, {"durationMs", 1}})).outcome(),
            "validation_error");
  const Reply ended = end(started, "success");
  EXPECT_EQ(ended.data.integer_at("durationMs"), 1234);
  for (const Json& event : world.trail(id)) {
    if (event.string_at("type") == "grant.consumed") {
      EXPECT_EQ(event.find("data")->integer_at("timeToConsumeSeconds"), 7);
    }
  }
}

TEST_F(Executions, H39_AHundredConcurrentStartsRunOnceAndAReplayGivesTheStoredResult) {
  const auto id = approved();
  std::vector<std::future<Reply>> calls;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(world.start({.operation = "start_execution",
                                 .by = agent,
                                 .path = {{"id", id}},
                                 .idempotency_key = "start-" + std::to_string(i)}));
  }
  std::vector<std::pair<int, Reply>> winners;
  for (int i = 0; i < 100; ++i) {
    Reply reply = calls[static_cast<std::size_t>(i)].get();
    if (reply.is_ok()) winners.emplace_back(i, std::move(reply));
  }
  ASSERT_EQ(winners.size(), 1U);
  EXPECT_EQ(count(id, "execution.started"), 1);
  const Reply again =
      world.call({.operation = "start_execution",
                  .by = agent,
                  .path = {{"id", id}},
                  .idempotency_key = "start-" + std::to_string(winners.front().first)});
  EXPECT_TRUE(again.is_replay);
  EXPECT_EQ(again.at("executionId"), winners.front().second.at("executionId"));
  EXPECT_EQ(count(id, "execution.started"), 1);
}

TEST_F(Executions, Trap15_AFailureIsRecordedInTheCommitThatMakesIt) {
  const auto id = approved();
  const Reply started = start(id);
  const Reply ended = end(started, "failure");
  const Json event = world.trail(id).back();
  EXPECT_EQ(event.string_at("type"), "execution.failed");
  EXPECT_EQ(event.string_at("traceid"), ended.trace);
  EXPECT_EQ(world.show(id).at("status"), "approved");
}

TEST_F(Executions, Trap16_WhatMayHaveHappenedIsNotDoneAgainAfterACrash) {
  const auto id = approved();
  ASSERT_EQ(start(id).outcome(), "ok");
  world.restart();  // The process that executed is gone; nobody knows whether it had its effect.
  EXPECT_EQ(start(id).outcome(), "ALREADY_CONSUMED");
  pass(minutes(61));
  EXPECT_EQ(start(id).outcome(), "ALREADY_CONSUMED");
  EXPECT_EQ(world.show(id).at("status"), "unknown");
  EXPECT_EQ(count(id, "execution.started"), 1);
}

TEST_F(Executions, WhatTheServerExecutesNobodyElseStarts) {
  const auto id = approved_under(Json::object(
      {{"executor", Json::object({{"url", "https://x.test/run"}, {"timeoutSeconds", 5}})}}));
  EXPECT_EQ(start(id).outcome(), "invalid_state");
  EXPECT_EQ(world.show(id).data.find("executor")->string_at("url"), "https://x.test/run");
}

}  // namespace
}  // namespace assent::app
