// Plans before they run: what is answered, what is on the log, and what is not.
#include "app/testing_plans.h"
#include "base/canonical.h"
#include "store/identities.h"

#include <filesystem>
#include <fstream>
#include <map>

namespace assent::app {
namespace {

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

// Four eyes are those of two people, whoever of the two says that it wants it.
TEST_F(Plans, H47_ThePlannerDoesNotApproveAlsoWhereAnotherAsks) {
  const Person carol = world.make("human", "carol", {"approver", "requester"});
  const Person aide = world.make("agent", "aide", {"agent"}, carol.id);
  const auto asked_by_another = [&](const Person& planner, std::string_view key) {
    const Json its = plan({step("odoo.update", "account.move", key)});
    const std::string hash =
        world.call({.operation = "validate_plan", .by = planner, .raw_body = json_text(its)})
            .at("irHash");
    validate(its);  // Again, by who asks: that makes nobody else its planner.
    return ask_for(hash).id();
  };
  for (const std::string& id :
       {asked_by_another(carol, "by-herself"), asked_by_another(aide, "by-her-agent")}) {
    for (const auto* const verb : {"approve", "reject", "break_glass"}) {
      const Reply reply = world.decide(verb, carol, id, because());
      EXPECT_NE(reply.outcome(), "ok") << verb;
    }
    EXPECT_EQ(world.decide("approve", carol, id).outcome(), "SELF_APPROVAL_FORBIDDEN");
    EXPECT_EQ(world.decide("approve", ann, id).outcome(), "ok");
  }
  world.put_policy("selfApproval: allowed\n" + std::string(kPlanPolicy));
  EXPECT_EQ(world.decide("approve", carol, asked_by_another(carol, "allowed")).outcome(), "ok");
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

}  // namespace
}  // namespace assent::app
