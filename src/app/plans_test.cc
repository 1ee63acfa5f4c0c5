// Plans from their validation to their run: what is answered, what is on the log, and what is not.
#include "app/testing_plans.h"
#include "store/identities.h"

#include <filesystem>
#include <fstream>
#include <map>

namespace assent::app {
namespace {

using Missing = std::vector<std::string>;

class Plans : public PlanTest {};

TEST_F(Plans, H43_APlanPassesEscalatesOrIsRejectedAndEachIsOnTheLog) {
  const Reply pass = validate(harmless());
  EXPECT_EQ(pass.at("status"), "PASS");
  EXPECT_EQ(last_type(), "ir.validated_pass");
  EXPECT_EQ(last_data().string_at("requestId"), "req_123");
  EXPECT_EQ(event().string_at("correlationid"), "req_123");

  const Reply escalate = validate(risky());
  EXPECT_EQ(escalate.at("status"), "ESCALATE");
  EXPECT_EQ(escalate.at("riskTier"), "high");
  EXPECT_EQ(escalate.data.integer_at("brainTier"), 3);
  EXPECT_EQ(*escalate.data.find("requiresApproval"), Json(true));
  const Json& risks = *escalate.data.find("highRiskSteps");
  ASSERT_EQ(risks.items().size(), 1U);
  EXPECT_EQ(risks.items()[0].string_at("reason"), "Critical Odoo model: account.move");
  EXPECT_EQ(risks.items()[0].integer_at("stepIndex"), 1);
  EXPECT_EQ(last_type(), "ir.validated_escalate");

  const Reply reject = validate(unknown());
  EXPECT_EQ(reject.at("status"), "REJECT");
  EXPECT_EQ(*reject.data.find("requiresApproval"), Json(false));
  EXPECT_EQ(last_type(), "ir.validated_reject");
  EXPECT_FALSE(last_data().find("plan")) << "what is rejected is not kept";
}

TEST_F(Plans, MalformedInputIsARejectionAndNeverAnError) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("7"),
        std::string("{\"steps\": []}"), std::string("{\"steps\": [1]}"),
        std::string("{\"steps\": [{\"params\": {\"a\": 1, \"a\": 2}}]}"),
        std::string("{\"steps\": [], \"x\": \"\\ud800\"}"), std::string("{\"steps\": NaN}"),
        std::string("{\"steps\": 123456789012345678901234567890}"), std::string("\xff\xfe"),
        "{\"steps\": [{\"params\": " + std::string(200, '[') + std::string(200, ']') + "}]}"}) {
    const std::uint64_t before = world.log_size();
    const Reply reply = validate_text(text);
    ASSERT_EQ(reply.outcome(), "ok") << text;
    EXPECT_EQ(reply.at("status"), "REJECT") << text;
    EXPECT_FALSE(reply.data.find("violations")->items().empty()) << text;
    EXPECT_EQ(world.log_size(), before + 1) << text;
    EXPECT_EQ(last_type(), "ir.validated_reject") << text;
    EXPECT_TRUE(last_data().find("irHash")->is_null()) << text;
  }
}

TEST_F(Plans, OnePastTheLimitIsTooLarge) {
  Json::Array steps;
  for (int i = 0; i < 1000; ++i) {
    steps.push_back(step("odoo.read", "res.partner", "key-" + std::to_string(i)));
  }
  EXPECT_EQ(validate(plan(steps)).at("status"), "PASS");
  steps.push_back(step("odoo.read", "res.partner", "key-1000"));
  EXPECT_EQ(validate(plan(std::move(steps))).outcome(), "too_large");
}

TEST_F(Plans, AnotherTenantsPlanIsNotJudgedHere) {
  Json foreign = harmless();
  foreign.set("tenantId", "acme");
  const std::uint64_t before = world.log_size();
  EXPECT_EQ(validate(foreign).outcome(), "insufficient_permissions");
  EXPECT_EQ(world.log_size(), before);
}

TEST_F(Plans, ALargePlanGoesToABlobAndComesBackWhole) {
  Json::Array steps;
  for (int i = 0; i < 300; ++i) {
    Json one = step("odoo.update", "account.move", "key-" + std::to_string(i));
    one.set("params", Json::object({{"note", std::string(100, 'x')}}));
    steps.push_back(std::move(one));
  }
  const Json large = plan(std::move(steps));
  const std::string hash = validated(large);
  EXPECT_TRUE(last_data().find("planBlob"));
  const std::string id = ask_for(hash).id();
  const Reply shown = world.show(id);
  EXPECT_EQ(shown.data.find("plan")->find("steps")->items().size(), 300U);
  EXPECT_EQ(content_hash_text(sha256(canonical_json(*shown.data.find("plan")))), hash);
  EXPECT_EQ(*compare(hash, dag_of(large)).data.find("allHashesMatch"), Json(true));
}

TEST_F(Plans, H45_OnlyAnEscalatedValidatedHashCanGetAnApproval) {
  EXPECT_EQ(ask_for(std::string("sha256:") + std::string(64, '0')).outcome(), "not_found");
  EXPECT_EQ(ask_for(validated(harmless())).outcome(), "invalid_state");
  EXPECT_EQ(ask_for(validated(unknown())).outcome(), "invalid_state");
  const std::string hash = validated(risky());
  EXPECT_EQ(ask_for(hash, 0).outcome(), "validation_error");
  EXPECT_EQ(ask_for(hash, -1).outcome(), "validation_error");
  EXPECT_EQ(ask_for(hash, 86'401).outcome(), "validation_error");
  const Reply asked = ask_for(hash, 86'400);
  EXPECT_EQ(asked.outcome(), "ok");
  EXPECT_EQ(asked.at("status"), "pending");
  EXPECT_EQ(last_type(), "approval.requested");
  EXPECT_EQ(last_data().string_at("kind"), "plan");
  EXPECT_EQ(last_data().string_at("contentHash"), hash);
}

TEST_F(Plans, H45_TheTokenIsShownOnceToTheRequester) {
  const std::string hash = validated(risky());
  const std::string id = ask_for(hash).id();
  EXPECT_EQ(world.decide("issue_token", agent, id).outcome(), "invalid_state") << "not decided";
  ASSERT_EQ(world.decide("approve", ann, id).outcome(), "ok");
  EXPECT_EQ(last_type(), "grant.issued");
  EXPECT_EQ(last_data().string_at("form"), "token");
  EXPECT_EQ(last_data().string_at("irHash"), hash);
  EXPECT_EQ(last_data().integer_at("ttlSeconds"), 3600);

  EXPECT_EQ(world.decide("issue_token", ann, id).outcome(), "insufficient_permissions");
  const std::string token = token_of(id);
  EXPECT_TRUE(token.starts_with("agt_"));
  EXPECT_EQ(world.decide("issue_token", agent, id).outcome(), "invalid_state");
  ASSERT_EQ(consume(token, hash).outcome(), "ok");
  EXPECT_EQ(last_type(), "grant.consumed");
  EXPECT_EQ(world.decide("issue_token", agent, id).outcome(), "invalid_state");
}

TEST_F(Plans, H45_ATokenIsNowhereOnDisk) {
  const std::string hash = validated(risky());
  const std::string id = approved(hash);
  const Reply shown = world.call(
      {.operation = "issue_token", .by = agent, .path = {{"id", id}}, .idempotency_key = "once"});
  const std::string token = shown.at("token");
  ASSERT_FALSE(token.empty());
  const Reply again = world.call(
      {.operation = "issue_token", .by = agent, .path = {{"id", id}}, .idempotency_key = "once"});
  EXPECT_TRUE(again.is_replay);
  EXPECT_EQ(again.at("token"), "") << "a replay does not show it again";
  consume("agt_wrong", hash);
  consume(token, hash);
  const std::string secret = token.substr(4, 43);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(world.directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(bytes.find(secret), std::string::npos) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 2U);
}

TEST_F(Plans, H45_EachWrongPresentationHasItsRefusalAndOneEvent) {
  const std::string hash = validated(risky());
  const std::string id = approved(hash);
  const std::string token = token_of(id);
  const std::string other = std::string("sha256:") + std::string(64, 'a');
  const auto refused = [&](const Reply& reply, std::string_view code, std::string_view reason) {
    EXPECT_EQ(reply.outcome(), code);
    EXPECT_EQ(last_type(), "grant.refused");
    EXPECT_EQ(last_data().string_at("reason"), reason);
    ASSERT_TRUE(reply.refused);
    EXPECT_EQ(*reply.refused->details.find("success"), Json(false));
  };
  std::uint64_t size = world.log_size();
  refused(consume("agt_no_such_token", hash), "NOT_FOUND", "token_not_found");
  EXPECT_TRUE(last_data().find("grantId")->is_null());
  EXPECT_EQ(world.log_size(), ++size);
  refused(consume(token, other), "CONTENT_CHANGED", "ir_hash_mismatch");
  EXPECT_EQ(world.log_size(), ++size);
  ASSERT_EQ(consume(token, hash).outcome(), "ok");
  EXPECT_EQ(world.log_size(), ++size);
  refused(consume(token, hash), "ALREADY_CONSUMED", "already_consumed");
  EXPECT_EQ(world.log_size(), ++size);
  EXPECT_EQ(consume(token, "no hash").outcome(), "validation_error");
  EXPECT_EQ(world.log_size(), size);
}

TEST_F(Plans, H35_ATokenIsGoodUpToItsDeadlineAndExpiresOnce) {
  const std::string hash = validated(risky());
  const std::string first = token_of(approved(hash, 60));
  const std::string second = token_of(approved(hash, 60));
  world.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(consume(first, hash).outcome(), "ok") << "equality is in time";
  world.clock.advance(std::chrono::microseconds(1));
  const std::uint64_t size = world.log_size();
  EXPECT_EQ(consume(second, hash).outcome(), "EXPIRED");
  EXPECT_EQ(world.log_size(), size + 2) << "grant.expired, once, and the refusal";
  EXPECT_EQ(consume(second, hash).outcome(), "EXPIRED");
  EXPECT_EQ(world.log_size(), size + 3);
}

TEST_F(Plans, Trap2_AConsumedTokenNeverBecomesExpired) {
  const std::string hash = validated(risky());
  const std::string id = approved(hash, 60);
  const std::string token = token_of(id);
  ASSERT_EQ(consume(token, hash).outcome(), "ok");
  world.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(consume(token, hash).outcome(), "ALREADY_CONSUMED");
  for (const std::string& type : world.trail_types(id)) EXPECT_NE(type, "grant.expired");
  EXPECT_TRUE(world.show(id).data.find("grant")->find("consumedAt"));
}

TEST_F(Plans, H46_TwoHundredParallelConsumesHaveOneWinnerAlsoAcrossARestart) {
  const std::string hash = validated(risky());
  const std::string token = token_of(approved(hash));
  std::map<std::string, int> outcomes;
  const auto storm = [&](int count) {
    std::vector<std::future<Reply>> calls;
    for (int i = 0; i < count; ++i) {
      calls.push_back(world.start({.operation = "consume_plan_approval",
                                   .by = agent,
                                   .body = Json::object({{"token", token}, {"irHash", hash}})}));
    }
    for (auto& call : calls) ++outcomes[call.get().outcome()];
  };
  storm(100);
  world.crash();
  storm(100);
  EXPECT_EQ(outcomes["ok"], 1);
  EXPECT_EQ(outcomes["ALREADY_CONSUMED"], 199);
}

TEST_F(Plans, H47_TheRequesterGetsNoTokenWithoutAnotherHumansDecision) {
  const std::string hash = validated(risky());
  const std::string id = ask_for(hash).id();
  EXPECT_EQ(world.decide("approve", agent, id).outcome(), "INSUFFICIENT_PERMISSIONS");
  EXPECT_EQ(world.decide("approve", owner, id).outcome(), "SELF_APPROVAL_FORBIDDEN")
      << "nor does the human behind it decide";
  EXPECT_EQ(world.decide("issue_token", agent, id).outcome(), "invalid_state");
  ASSERT_EQ(world.decide("reject", ann, id, because()).outcome(), "ok");
  EXPECT_EQ(world.decide("issue_token", agent, id).outcome(), "invalid_state");

  const Reply own = call_by(ann, "create_plan_approval", Json::object({{"irHash", hash}}));
  EXPECT_EQ(world.decide("approve", ann, own.id()).outcome(), "SELF_APPROVAL_FORBIDDEN");
}

// Two tenants in one store, and the first one's token in the second one's hands.
TEST_F(Plans, Trap14_AWrongTenantsProbeTellsItNothingAndItsOwnerEverything) {
  const Person operator_ = world.make("human", "operator", {"operator"});
  const Reply founded = world.call(
      {.operation = "create_tenant", .by = operator_, .body = Json::object({{"name", "acme"}})});
  ASSERT_EQ(founded.outcome(), "ok") << (founded.error ? founded.error->detail : "");
  const Person stranger{.id = "", .key = founded.at("adminKey")};
  const std::string hash = validated(risky());
  const std::string id = approved(hash);
  const std::string token = token_of(id);

  const Json body = Json::object({{"token", token}, {"irHash", hash}});
  const Reply probe = call_by(stranger, "consume_plan_approval", body);
  const Reply guess = call_by(stranger, "consume_plan_approval",
                              Json::object({{"token", "agt_guess"}, {"irHash", hash}}));
  EXPECT_EQ(probe.outcome(), "NOT_FOUND");
  EXPECT_EQ(probe.refused->message, guess.refused->message);
  EXPECT_EQ(probe.refused->details, guess.refused->details);

  const Reply theirs = world.call(
      {.operation = "query_events", .by = stranger, .query = {{"type", "grant.refused"}}});
  ASSERT_EQ(theirs.data.items().size(), 2U);
  for (const Json& event : theirs.data.items()) {
    EXPECT_EQ(event.find("data")->string_at("reason"), "token_not_found");
    EXPECT_TRUE(event.find("data")->find("grantId")->is_null());
    EXPECT_EQ(canonical_json(event).find(id), std::string::npos);
  }
  const Json ours = world.trail(id).back();
  EXPECT_EQ(ours.string_at("type"), "grant.refused");
  EXPECT_EQ(ours.find("data")->string_at("reason"), "tenant_mismatch");
  EXPECT_EQ(canonical_json(ours).find("acme"), std::string::npos) << "nor whose hands";
  EXPECT_EQ(consume(token, hash).outcome(), "ok") << "the probe used nothing up";
}

TEST_F(Plans, H48_WhatRunsIsComparedWithThePlan) {
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const Reply good = compare(hash, dag_of(wanted));
  EXPECT_EQ(*good.data.find("allHashesMatch"), Json(true));
  EXPECT_EQ(good.at("dagHash"), hash);
  EXPECT_EQ(last_type(), "ir.dag_diff_ok");
  EXPECT_EQ(event().string_at("correlationid"), "req_123");

  Json tampered = dag_of(wanted);
  tampered.find("nodes");
  Json nodes = *tampered.find("nodes");
  nodes.items()[1].set("resource", "account.payment");
  tampered.set("nodes", std::move(nodes));
  const Reply bad = compare(hash, tampered);
  EXPECT_EQ(bad.outcome(), "ok");
  EXPECT_EQ(*bad.data.find("allHashesMatch"), Json(false));
  EXPECT_NE(bad.at("dagHash"), hash);
  EXPECT_EQ(bad.data.find("mismatchDetails")->find("hashMismatches")->items().size(), 1U);
  EXPECT_EQ(last_type(), "ir.dag_diff_failed");

  const Reply whole = call("diff_plan", Json::object({{"plan", wanted}, {"dag", dag_of(wanted)}}));
  EXPECT_EQ(*whole.data.find("allHashesMatch"), Json(true));
  EXPECT_EQ(call("diff_plan", Json::object({{"dag", dag_of(wanted)}})).outcome(),
            "validation_error");
  EXPECT_EQ(compare(std::string("sha256:") + std::string(64, '0'), dag_of(wanted)).outcome(),
            "not_found");
  EXPECT_EQ(call("diff_plan",
                 Json::object({{"plan", Json::object({{"steps", 7}})}, {"dag", dag_of(wanted)}}))
                .outcome(),
            "unprocessable");
}

TEST_F(Plans, H49_WhatPassedStartsOnceItWasComparedAndOnlyThen) {
  const std::string hash = validated(harmless());
  const Reply early = start(hash);
  EXPECT_EQ(early.outcome(), "INVALID_STATE");
  EXPECT_EQ(missing(early), Missing{"diff_missing"});
  EXPECT_EQ(last_type(), "grant.refused");
  EXPECT_EQ(last_data().string_at("reason"), "diff_missing");
  compare(hash, dag_of(harmless()));
  const Reply started = start(hash);
  ASSERT_EQ(started.outcome(), "ok");
  EXPECT_EQ(world.trail_types(started.at("approvalId")),
            (Types{"approval.requested", "approval.auto_approved", "grant.consumed",
                   "execution.started"}));
  const Reply completed = world.decide("complete_execution", agent, started.at("executionId"),
                                       Json::object({{"outcome", "success"}}));
  EXPECT_EQ(completed.at("status"), "executed");
}

TEST_F(Plans, H49_WhatNeedsPeopleStartsWithEverythingAndNotWithoutAnyOfIt) {
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  EXPECT_EQ(missing(start(hash)), (Missing{"not_approved", "diff_missing"}));
  const std::string id = approved(hash);
  const std::string token = token_of(id);
  EXPECT_EQ(missing(start(hash)), (Missing{"not_consumed", "diff_missing"}));
  compare(hash, dag_of(wanted));
  EXPECT_EQ(missing(start(hash)), Missing{"not_consumed"});
  EXPECT_EQ(run(id).outcome(), "INVALID_STATE") << "the other way in is guarded alike";
  ASSERT_EQ(consume(token, hash).outcome(), "ok");
  compare(hash, dag_of(harmless()));
  EXPECT_EQ(missing(start(hash)), Missing{"diff_failed"});
  compare(hash, dag_of(wanted));
  const Reply started = start(hash);
  ASSERT_EQ(started.outcome(), "ok");
  EXPECT_EQ(started.at("approvalId"), id);
  EXPECT_EQ(missing(start(hash)), Missing{"already_consumed"});
  EXPECT_EQ(start(std::string("sha256:") + std::string(64, '0')).outcome(), "INVALID_STATE");
  EXPECT_EQ(last_data().string_at("reason"), "not_validated");
  const std::string rejected = validated(unknown());
  EXPECT_EQ(missing(start(rejected)).front(), "plan_rejected");
}

TEST_F(Plans, H49_WhoeverPresentedTheTokenMayStartAndNobodyElse) {
  const Person engine = world.make("agent", "engine", {"agent"});
  const Person other = world.make("agent", "other", {"agent"});
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const std::string token = token_of(approved(hash));
  compare(hash, dag_of(wanted));
  const Json body = Json::object({{"irHash", hash}});
  ASSERT_EQ(
      call_by(engine, "consume_plan_approval", Json::object({{"token", token}, {"irHash", hash}}))
          .outcome(),
      "ok");
  EXPECT_EQ(call_by(other, "start_plan", body).outcome(), "insufficient_permissions");
  EXPECT_EQ(call_by(engine, "start_plan", body).outcome(), "ok");
}

TEST_F(Plans, H50_AKillSwitchSetAfterTheDecisionBlocksTheStart) {
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const std::string token = token_of(approved(hash));
  compare(hash, dag_of(wanted));
  for (const Json& asked :
       {Json::object({{"scope", "tenant"}, {"reason", "stop"}}),
        Json::object({{"scope", "tool"}, {"tool", "odoo.upd*"}, {"reason", "stop"}})}) {
    const Reply engaged = call_by(world.admin, "engage_kill_switch", asked);
    ASSERT_EQ(engaged.outcome(), "ok");
    EXPECT_EQ(consume(token, hash).outcome(), "KILL_SWITCH") << "the token is kept";
    EXPECT_EQ(missing(start(hash)).back(), "kill_switch");
    const Reply released = world.decide("release_kill_switch", world.admin, engaged.id(),
                                        Json::object({{"reason", "go"}}));
    ASSERT_EQ(released.outcome(), "ok");
  }
  const Reply elsewhere =
      call_by(world.admin, "engage_kill_switch",
              Json::object({{"scope", "tool"}, {"tool", "deploy.*"}, {"reason", "not this"}}));
  ASSERT_EQ(elsewhere.outcome(), "ok");
  ASSERT_EQ(consume(token, hash).outcome(), "ok");
  const Reply started = start(hash);
  ASSERT_EQ(started.outcome(), "ok");
  ASSERT_EQ(call_by(world.admin, "engage_kill_switch",
                    Json::object({{"scope", "tenant"}, {"reason", "too late"}}))
                .outcome(),
            "ok");
  EXPECT_EQ(world
                .decide("complete_execution", agent, started.at("executionId"),
                        Json::object({{"outcome", "success"}}))
                .outcome(),
            "ok")
      << "what has started is told as it ended";
}

TEST_F(Plans, APolicyThatIsStricterByNowCountsForWhatPassedBefore) {
  const std::string hash = validated(harmless());
  compare(hash, dag_of(harmless()));
  std::string stricter(kPlanPolicy);
  stricter.replace(stricter.find("riskTier: none"), 14, "riskTier: high");
  world.put_policy(stricter);
  EXPECT_EQ(missing(start(hash)), Missing{"not_approved"});
  std::string refusing(kPlanPolicy);
  refusing.replace(refusing.find("odoo.read"), 9, "odoo.show");
  world.put_policy(refusing);
  EXPECT_EQ(missing(start(hash)).front(), "plan_rejected");
}

TEST_F(Plans, ADefiniteFailureMayBeTriedAgainUpToTheCapAndASuccessNot) {
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const std::string token = token_of(approved(hash));
  compare(hash, dag_of(wanted));
  ASSERT_EQ(consume(token, hash).outcome(), "ok");
  for (std::int64_t attempt = 1; attempt <= 3; ++attempt) {
    const Reply started = start(hash);
    ASSERT_EQ(started.outcome(), "ok") << attempt;
    EXPECT_EQ(started.data.integer_at("attempt"), attempt);
    ASSERT_EQ(world
                  .decide("complete_execution", agent, started.at("executionId"),
                          Json::object({{"outcome", "failure"}, {"error", "no"}}))
                  .outcome(),
              "ok");
  }
  EXPECT_EQ(start(hash).outcome(), "ALREADY_CONSUMED");
}

TEST_F(Plans, ATokenOfAToolCallStartsItsExecution) {
  const std::string id = ask();
  ASSERT_EQ(world.decide("approve", ann, id).outcome(), "ok");
  const std::string token = token_of(id);
  EXPECT_EQ(run(id).outcome(), "INVALID_STATE") << "from now on the token counts";
  const Person engine = world.make("agent", "engine", {"agent"});
  const Json body = Json::object({{"token", token}, {"contentHash", hash(id)}});
  const Reply started = call_by(engine, "consume_grant", body);
  ASSERT_EQ(started.outcome(), "ok") << (started.error ? started.error->detail : "");
  EXPECT_EQ(started.at("approvalId"), id);
  EXPECT_EQ(call_by(engine, "consume_grant", body).outcome(), "ALREADY_CONSUMED");
  EXPECT_EQ(world
                .decide("complete_execution", engine, started.at("executionId"),
                        Json::object({{"outcome", "success"}}))
                .at("status"),
            "executed");
}

TEST_F(Plans, AConsumedTokenWithoutClearanceIsNotWasted) {
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const std::string token = token_of(approved(hash));
  const Reply early =
      call("consume_grant", Json::object({{"token", token}, {"contentHash", hash}}));
  EXPECT_EQ(missing(early), Missing{"diff_missing"}) << "consumed, and not started";
  compare(hash, dag_of(wanted));
  EXPECT_EQ(start(hash).outcome(), "ok");
}

TEST_F(Plans, APlanIsNeitherEditedNorAskedForAsSomethingElse) {
  const std::string hash = validated(risky());
  const std::string id = ask_for(hash).id();
  EXPECT_EQ(world
                .decide("edit", ann, id,
                        Json::object({{"contentHash", hash}, {"arguments", Json::object()}}))
                .outcome(),
            "unprocessable");
  EXPECT_EQ(world.request(agent, Json::object({{"kind", "plan"}})).outcome(), "validation_error");
}

TEST_F(Plans, WhatIsShownOfAPlanSaysWhatItLacks) {
  const std::string hash = validated(risky());
  const auto show = [&] {
    return world.call({.operation = "get_plan", .by = agent, .path = {{"irHash", hash}}});
  };
  EXPECT_EQ(*show().data.find("isCleared"), Json(false));
  compare(hash, dag_of(risky()));
  const std::string token = token_of(approved(hash));
  consume(token, hash);
  const Reply cleared = show();
  EXPECT_EQ(*cleared.data.find("isCleared"), Json(true));
  EXPECT_EQ(cleared.data.find("diff")->string_at("dagHash"), hash);
  EXPECT_EQ(world
                .call({.operation = "get_plan",
                       .by = agent,
                       .path = {{"irHash", "sha256:" + std::string(64, '0')}}})
                .outcome(),
            "not_found");
}

}  // namespace
}  // namespace assent::app
