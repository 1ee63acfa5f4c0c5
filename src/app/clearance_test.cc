// Plans that run: compared with what was compiled, cleared or refused, started once.
#include "app/testing_plans.h"

namespace assent::app {
namespace {

using Missing = std::vector<std::string>;

class PlanRuns : public PlanTest {};

TEST_F(PlanRuns, H48_WhatRunsIsComparedWithThePlan) {
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

TEST_F(PlanRuns, H49_WhatPassedStartsOnceItWasComparedAndOnlyThen) {
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

TEST_F(PlanRuns, H49_WhatNeedsPeopleStartsWithEverythingAndNotWithoutAnyOfIt) {
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

TEST_F(PlanRuns, H49_WhoeverPresentedTheTokenMayStartAndNobodyElse) {
  const Person engine = world.make("agent", "engine", {"agent"});
  const Person other = world.make("agent", "other", {"agent"});
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const std::string token = token_of(approved(hash));
  const Json body = Json::object({{"irHash", hash}});
  ASSERT_EQ(
      call_by(engine, "consume_plan_approval", Json::object({{"token", token}, {"irHash", hash}}))
          .outcome(),
      "ok");
  compare_by(engine, hash, dag_of(wanted));
  compare_by(other, hash, dag_of(wanted));
  EXPECT_EQ(call_by(other, "start_plan", body).outcome(), "insufficient_permissions");
  EXPECT_EQ(call_by(engine, "start_plan", body).outcome(), "ok");
}

// What will run is known best by whoever runs it. Others can stand in the way of one that compared
// nothing only until it does, and never lift what it found.
TEST_F(PlanRuns, H48_TheComparisonOfWhoStartsCountsBeforeAnybodyElses) {
  const Person engine = world.make("agent", "engine", {"agent"});
  const std::string hash = validated(harmless());
  const Json body = Json::object({{"irHash", hash}});
  EXPECT_EQ(missing(start(hash)), Missing{"diff_missing"});
  compare_by(engine, hash, dag_of(risky()));
  EXPECT_EQ(missing(start(hash)), Missing{"diff_failed"}) << "of those who compared it";
  compare_by(engine, hash, dag_of(harmless()));
  EXPECT_EQ(start(hash).outcome(), "ok") << "a compiler compares, an executor starts";
  compare(hash, dag_of(risky()));
  EXPECT_EQ(missing(start(hash)), Missing{"diff_failed"});
  EXPECT_EQ(call_by(engine, "start_plan", body).outcome(), "ok") << "not in its way";
  compare_by(engine, hash, dag_of(harmless()));
  EXPECT_EQ(missing(start(hash)), Missing{"diff_failed"}) << "nor does it lift it";
  world.restart();
  EXPECT_EQ(missing(start(hash)), Missing{"diff_failed"});
  compare(hash, dag_of(harmless()));
  EXPECT_EQ(start(hash).outcome(), "ok");
}

TEST_F(PlanRuns, WhoLooksSeesItsOwnComparisonOrElseTheLatestAndWhoseItIs) {
  const Person engine = world.make("agent", "engine", {"agent"});
  const std::string hash = validated(harmless());
  const auto shown_to = [&](const Person& who) {
    const Reply shown =
        world.call({.operation = "get_plan", .by = who, .path = {{"irHash", hash}}});
    const Json& diff = *shown.data.find("diff");
    return std::string(diff.string_at("comparedBy").value_or("")) +
           (*diff.find("allHashesMatch") == Json(true) ? " ok " : " failed ") +
           (*shown.data.find("isCleared") == Json(true) ? "cleared" : "not cleared");
  };
  compare_by(engine, hash, dag_of(harmless()));
  EXPECT_EQ(shown_to(agent), engine.id + " ok cleared");
  EXPECT_EQ(shown_to(engine), engine.id + " ok cleared");
  world.clock.advance(std::chrono::seconds(1));
  compare(hash, dag_of(risky()));
  EXPECT_EQ(shown_to(agent), agent.id + " failed not cleared");
  EXPECT_EQ(shown_to(engine), engine.id + " ok cleared");
  EXPECT_EQ(shown_to(ann), agent.id + " failed not cleared");
}

TEST_F(PlanRuns, WhatIsAskedForKeepsItsRequestAlsoIfThePlanIsValidatedAgain) {
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const std::string id = ask_for(hash).id();
  Json renamed = wanted;
  renamed.set("requestId", "req_of_another");
  const Person other = world.make("agent", "other", {"agent"});
  const Reply again =
      world.call({.operation = "validate_plan", .by = other, .raw_body = json_text(renamed)});
  EXPECT_EQ(again.at("irHash"), hash);
  EXPECT_EQ(again.at("requestId"), "req_of_another");
  EXPECT_EQ(event().string_at("correlationid"), "req_of_another");

  const auto told = [&](const Reply& reply) {
    EXPECT_EQ(reply.outcome(), "ok");
    return std::string(event().string_at("correlationid").value_or(""));
  };
  EXPECT_EQ(told(world.decide("approve", ann, id)), "req_123");
  EXPECT_EQ(told(compare(hash, dag_of(wanted))), "req_of_another");
  EXPECT_EQ(told(ask_for(hash)), "req_of_another");
  EXPECT_EQ(told(consume(token_of(id), hash)), "req_123");
  EXPECT_EQ(told(start(hash)), "req_123");
}

TEST_F(PlanRuns, H50_AKillSwitchSetAfterTheDecisionBlocksTheStart) {
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

TEST_F(PlanRuns, APolicyThatIsStricterByNowCountsForWhatPassedBefore) {
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

TEST_F(PlanRuns, ADefiniteFailureMayBeTriedAgainUpToTheCapAndASuccessNot) {
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

TEST_F(PlanRuns, ATokenOfAToolCallStartsItsExecution) {
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

TEST_F(PlanRuns, ATokenIsNotUsedUpByAStartThatIsNotCleared) {
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const std::string token = token_of(approved(hash));
  const Reply early =
      call("consume_grant", Json::object({{"token", token}, {"contentHash", hash}}));
  EXPECT_EQ(missing(early), Missing{"diff_missing"}) << "neither consumed nor started";
  compare(hash, dag_of(wanted));
  const Json body = Json::object({{"token", token}, {"contentHash", hash}});
  EXPECT_EQ(call("consume_grant", body).outcome(), "ok");
  EXPECT_EQ(call("consume_grant", body).outcome(), "ALREADY_CONSUMED");
}

TEST_F(PlanRuns, ATokenOfAToolCallIsNoPlans) {
  const std::string id = ask();
  ASSERT_EQ(world.decide("approve", ann, id).outcome(), "ok");
  EXPECT_EQ(consume(token_of(id), hash(id)).outcome(), "CONTENT_CHANGED");
}

TEST_F(PlanRuns, APlanIsNeitherEditedNorAskedForAsSomethingElse) {
  const std::string hash = validated(risky());
  const std::string id = ask_for(hash).id();
  EXPECT_EQ(world
                .decide("edit", ann, id,
                        Json::object({{"contentHash", hash}, {"arguments", Json::object()}}))
                .outcome(),
            "unprocessable");
  EXPECT_EQ(world.request(agent, Json::object({{"kind", "plan"}})).outcome(), "validation_error");
}

TEST_F(PlanRuns, WhatIsShownOfAPlanSaysWhatItLacks) {
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

TEST_F(PlanRuns, ADraftIsSimulatedOnPlansAsOnEverythingElse) {
  const std::string hash = validated(risky());
  ask_for(hash);
  const auto simulate = [&](std::string_view draft) {
    return world.call({.operation = "simulate_policy",
                       .by = world.admin,
                       .query = {{"since", "30d"}},
                       .raw_body = std::string(draft),
                       .content_type = "application/yaml"});
  };
  const Reply same = simulate(kPlanPolicy);
  ASSERT_EQ(same.outcome(), "ok") << (same.error ? same.error->detail : "");
  EXPECT_EQ(same.data.integer_at("requests"), 1);
  EXPECT_EQ(same.data.integer_at("changed"), 0);
  std::string refusing(kPlanPolicy);
  refusing.replace(refusing.find("odoo.update"), 11, "odoo.change");
  EXPECT_EQ(simulate(refusing).data.integer_at("changed"), 1);
}

TEST_F(PlanRuns, AMilderPolicyTakesNothingOfWhatPeopleNeedToSee) {
  std::string strict(kPlanPolicy);
  strict += "  evidence: {required: true, ttlSeconds: 600}\n";
  world.put_policy(strict);
  const std::string hash = validated(risky());
  std::string milder = strict;
  milder.replace(milder.find("escalateFrom: medium"), 20, "escalateFrom: critical");
  world.put_policy(milder);
  const std::string id = ask_for(hash).id();
  EXPECT_EQ(world.show(id).data.find("evidencePolicy")->find("required")->boolean(), true);
  EXPECT_EQ(world.decide("approve", ann, id).outcome(), "EVIDENCE_REQUIRED");
}

TEST_F(PlanRuns, TheApprovalWhoseTokenWasPresentedCountsWhateverWasGivenLater) {
  const Json wanted = risky();
  const std::string hash = validated(wanted);
  const std::string token = token_of(approved(hash));
  compare(hash, dag_of(wanted));
  ASSERT_EQ(consume(token, hash).outcome(), "ok");
  approved(hash);
  EXPECT_EQ(start(hash).outcome(), "ok");
}

TEST_F(PlanRuns, H50_AGlobalKillSwitchStopsPlansToo) {
  const Person operator_ = world.make("human", "operator", {"operator"});
  const std::string hash = validated(harmless());
  compare(hash, dag_of(harmless()));
  const Reply engaged = call_by(operator_, "engage_kill_switch",
                                Json::object({{"scope", "global"}, {"reason", "stop"}}));
  ASSERT_EQ(engaged.outcome(), "ok");
  EXPECT_EQ(missing(start(hash)), Missing{"kill_switch"});
}

}  // namespace
}  // namespace assent::app
