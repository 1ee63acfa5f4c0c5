#include "domain/plan/plan.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "base/text.h"
#include "domain/plan/testing_plan.h"

#include <algorithm>
#include <random>

namespace assent {
namespace {

using testing::codes_of;
using testing::json_of;
using testing::plan_json;
using testing::plan_of;
using testing::step_json;

std::string reading_codes(const Json& document) {
  return codes_of(read_plan(document, "acme").violations);
}

// The codes for a plan of one step with this member instead.
std::string with(std::string_view member, Json value) {
  Json step = step_json();
  step.set(std::string(member), std::move(value));
  return reading_codes(plan_json({step}));
}

std::string without(std::string_view member) {
  Json step = step_json();
  std::erase_if(step.members(), [member](const auto& each) { return each.first == member; });
  return reading_codes(plan_json({step}));
}

Json step_with_id(std::string_view id, Json::Array needs = {}) {
  Json step = step_json();
  step.set("stepId", id);
  if (!needs.empty()) step.set("dependsOn", Json(std::move(needs)));
  return step;
}

TEST(Plan, APlanIsReadWhole) {
  const PlanReading reading = read_plan(json_of(R"json({
    "tenantId": "acme", "requestId": "req_123", "intentSummary": "Correct\nthe invoice",
    "labels": {"team": "finance"},
    "steps": [{"action": "odoo.update", "provider": "odoo", "resource": "account.move",
               "params": {"model": "account.move", "ids": [1, 2]}, "idempotencyKey": "k1",
               "constraints": {"environment": "staging"}, "budgetCents": 500, "stepId": "fix",
               "dependsOn": ["1"], "description": "what people read"},
              {"action": "odoo.update", "provider": "odoo", "resource": "res.partner",
               "params": {}, "idempotencyKey": "k2", "constraints": {}}]})json"),
                                        "other");
  ASSERT_TRUE(reading.plan) << codes_of(reading.violations);
  EXPECT_EQ(reading.step_count, 2U);
  EXPECT_EQ(reading.request_id, "req_123");
  const Plan& plan = *reading.plan;
  EXPECT_EQ(plan.tenant_id, "acme");
  EXPECT_EQ(plan.labels.at("team"), "finance");
  EXPECT_EQ(plan.steps[0].budget_cents, 500);
  EXPECT_EQ(step_id_of(plan, 0), "fix");
  EXPECT_EQ(step_id_of(plan, 1), "1");
  EXPECT_EQ(canonical_json(semantic_json(plan)),
            R"json({"steps":[{"action":"odoo.update","budgetCents":500,)json"
            R"json("constraints":{"environment":"staging"},"dependsOn":["1"],)json"
            R"json("idempotencyKey":"k1","params":{"ids":[1,2],"model":"account.move"},)json"
            R"json("provider":"odoo","resource":"account.move","stepId":"fix"},)json"
            R"json({"action":"odoo.update","constraints":{},"idempotencyKey":"k2","params":{},)json"
            R"json("provider":"odoo","resource":"res.partner"}],"tenantId":"acme"})json");
}

TEST(Plan, WhoeverDoesNotSayWhoseItIsAsksForThemselves) {
  Json document = plan_json({step_json()});
  std::erase_if(document.members(), [](const auto& each) { return each.first == "tenantId"; });
  EXPECT_EQ(read_plan(document, "beta").plan->tenant_id, "beta");
}

TEST(Plan, H44_TheHashIsThatOfTheRfc8785FormOfWhatThePlanMeans) {
  std::mt19937 random(44);
  for (int round = 0; round < 200; ++round) {
    Json::Array steps;
    const std::size_t count = 1 + random() % 5;
    for (std::size_t i = 0; i < count; ++i) {
      Json step = step_json();
      if (random() % 2 == 0) step.set("stepId", "s\"" + std::to_string(i));
      if (random() % 2 == 0) step.set("budgetCents", static_cast<int>(random() % 1000));
      if (random() % 2 == 0) step.set("resource", "a/\u00e9\\" + std::to_string(random() % 9));
      if (i > 0) step.set("dependsOn", Json(Json::Array{*steps[i - 1].find("resource")}));
      if (i > 0) step.members().pop_back();
      steps.push_back(step);
    }
    const Plan plan = plan_of(plan_json(steps));
    EXPECT_EQ(ir_hash(plan), content_hash_text(sha256(canonical_json(semantic_json(plan)))));
    const Json all = semantic_json(plan);
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      EXPECT_EQ(step_hash(plan.steps[i]),
                content_hash_text(sha256(canonical_json(all.find("steps")->items()[i]))));
    }
  }
}

// The members of every object in another order.
Json shuffled(Json value, std::mt19937& random) {
  if (value.is_array()) {
    for (auto& item : value.items()) item = shuffled(std::move(item), random);
  } else if (value.is_object()) {
    std::shuffle(value.members().begin(), value.members().end(), random);
    for (auto& [name, member] : value.members()) member = shuffled(std::move(member), random);
  }
  return value;
}

Json rich_plan() {
  return json_of(R"json({"tenantId": "acme", "steps": [
    {"action": "a.one", "provider": "p", "resource": "r",
     "params": {"b": [1, {"c": null}], "a": {}}, "idempotencyKey": "k1",
     "constraints": {"environment": "dev", "x": true}, "stepId": "first"},
    {"action": "a.two", "provider": "p", "resource": "r", "params": {"text": "é"},
     "idempotencyKey": "k2", "constraints": {}, "budgetCents": 7, "dependsOn": ["first", "2"]},
    {"action": "a.two", "provider": "p", "resource": "r", "params": {},
     "idempotencyKey": "k3", "constraints": {}}]})json");
}

TEST(Plan, H44_WhatDoesNotMeanAnythingElseDoesNotChangeTheHash) {
  std::mt19937 random(1);
  const std::string hash = ir_hash(plan_of(rich_plan()));
  for (int round = 0; round < 100; ++round) {
    Json document = shuffled(rich_plan(), random);
    document.set("requestId", "req_" + std::to_string(random()));
    document.set("intentSummary", std::to_string(random()));
    document.set("labels", Json::object({{"run", std::to_string(random())}}));
    Json& step = document.find("steps") != nullptr
                     ? const_cast<Json*>(document.find("steps"))->items()[1]
                     : document;
    step.set("description", std::to_string(random()));
    EXPECT_EQ(ir_hash(plan_of(document)), hash);
  }
}

TEST(Plan, H44_WhateverMeansSomethingElseChangesTheHash) {
  std::vector<std::string> hashes = {ir_hash(plan_of(rich_plan()))};
  const auto changed = [&hashes](std::size_t index, std::string_view member, Json value) {
    Json document = rich_plan();
    for (auto& [name, steps] : document.members()) {
      if (name == "steps") steps.items()[index].set(std::string(member), std::move(value));
    }
    hashes.push_back(ir_hash(plan_of(document)));
  };
  changed(0, "action", "a.on");
  changed(0, "provider", "q");
  changed(0, "resource", "r2");
  changed(0, "params", json_of(R"({"b": [1, {"c": null}], "a": {}, "d": null})"));
  changed(0, "params", json_of(R"({"b": [{"c": null}, 1], "a": {}})"));
  changed(0, "params", json_of(R"({"b": ["1", {"c": null}], "a": {}})"));
  changed(0, "idempotencyKey", "k1b");
  changed(0, "constraints", json_of(R"({"environment": "dev", "x": false})"));
  changed(0, "budgetCents", 0);
  changed(1, "budgetCents", 8);
  changed(1, "dependsOn", Json(Json::Array{"first"}));
  changed(1, "dependsOn", Json(Json::Array{"2", "first"}));
  changed(1, "stepId", "second");
  changed(2, "dependsOn", Json(Json::Array{"first"}));
  Json other = rich_plan();
  other.set("tenantId", "beta");
  hashes.push_back(ir_hash(plan_of(other)));
  for (auto& [name, steps] : other.members()) {
    if (name == "steps") std::swap(steps.items()[0], steps.items()[2]);
  }
  other.set("tenantId", "acme");
  for (auto& [name, steps] : other.members()) {
    if (name == "steps") steps.items()[1].set("dependsOn", Json(Json::Array{"first", "0"}));
  }
  hashes.push_back(ir_hash(plan_of(other)));
  const std::size_t count = hashes.size();
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  EXPECT_EQ(hashes.size(), count);
}

TEST(Plan, EveryMemberHasToBeWhatItIs) {
  EXPECT_EQ(reading_codes(plan_json({step_json()})), "");
  EXPECT_EQ(without("action"), "INVALID_ACTION");
  EXPECT_EQ(with("action", 5), "INVALID_ACTION");
  EXPECT_EQ(with("action", ""), "INVALID_ACTION");
  EXPECT_EQ(with("action", " a"), "INVALID_ACTION");
  EXPECT_EQ(with("action", "a\u00a0"), "INVALID_ACTION");
  EXPECT_EQ(with("action", std::string(200, 'a')), "");
  EXPECT_EQ(with("action", std::string(201, 'a')), "INVALID_ACTION");
  EXPECT_EQ(without("provider"), "INVALID_PROVIDER");
  EXPECT_EQ(with("provider", nullptr), "INVALID_PROVIDER");
  EXPECT_EQ(without("resource"), "INVALID_RESOURCE");
  EXPECT_EQ(with("resource", std::string(500, 'a')), "");
  EXPECT_EQ(with("resource", std::string(501, 'a')), "INVALID_RESOURCE");
  EXPECT_EQ(without("params"), "INVALID_PARAMS");
  EXPECT_EQ(with("params", Json::array()), "INVALID_PARAMS");
  EXPECT_EQ(without("constraints"), "INVALID_CONSTRAINTS");
  EXPECT_EQ(with("constraints", "none"), "INVALID_CONSTRAINTS");
  EXPECT_EQ(without("idempotencyKey"), "MISSING_IDEMPOTENCY_KEY");
  EXPECT_EQ(with("idempotencyKey", nullptr), "MISSING_IDEMPOTENCY_KEY");
  EXPECT_EQ(with("idempotencyKey", " \t\n"), "MISSING_IDEMPOTENCY_KEY");
  EXPECT_EQ(with("idempotencyKey", 5), "INVALID_IDEMPOTENCY_KEY");
  EXPECT_EQ(with("idempotencyKey", std::string(200, 'k')), "");
  EXPECT_EQ(with("idempotencyKey", std::string(201, 'k')), "INVALID_IDEMPOTENCY_KEY");
  EXPECT_EQ(with("budgetCents", 0), "");
  EXPECT_EQ(with("budgetCents", -1), "NEGATIVE_BUDGET");
  EXPECT_EQ(with("budgetCents", 1.5), "INVALID_BUDGET");
  EXPECT_EQ(with("budgetCents", "5"), "INVALID_BUDGET");
  EXPECT_EQ(with("budgetCents", true), "INVALID_BUDGET");
  EXPECT_EQ(with("budgetCents", nullptr), "INVALID_BUDGET");
  EXPECT_EQ(with("stepId", 5), "INVALID_STEP_ID");
  EXPECT_EQ(with("stepId", ""), "INVALID_STEP_ID");
  EXPECT_EQ(with("description", 5), "INVALID_DESCRIPTION");
  EXPECT_EQ(with("dependsOn", "x"), "INVALID_DEPENDENCY");
  EXPECT_EQ(with("dependsOn", Json(Json::Array{5})), "INVALID_DEPENDENCY");
  EXPECT_EQ(with("dependsOn", Json(Json::Array{"x", "x"})), "INVALID_DEPENDENCY");
}

TEST(Plan, UnknownFieldsAreRefusedWhereverTheyStand) {
  EXPECT_EQ(with("riskTier", 0), "UNKNOWN_FIELD");
  EXPECT_EQ(with("requiresApproval", false), "UNKNOWN_FIELD");
  Json document = plan_json({step_json()});
  document.set("createdAt", "2026-11-21T07:00:00Z");
  const auto reading = read_plan(document, "acme");
  ASSERT_EQ(codes_of(reading.violations), "UNKNOWN_FIELD");
  EXPECT_FALSE(reading.plan);
  EXPECT_FALSE(reading.violations[0].step_index);
  EXPECT_EQ(reading.violations[0].path, "createdAt");
  // What is inside params and constraints is the provider's.
  EXPECT_EQ(with("params", json_of(R"({"anything": {"at": ["all"]}})")), "");
}

TEST(Plan, FloatsAreRefusedWithThePath) {
  Json step = step_json();
  step.set("params", json_of(R"({"lines": [{"amount": 1}, {"amount": 1.5}]})"));
  const auto reading = read_plan(plan_json({step_json(), step}), "acme");
  ASSERT_EQ(codes_of(reading.violations), "FLOAT_IN_PLAN");
  EXPECT_EQ(reading.violations[0].step_index, 1U);
  EXPECT_EQ(reading.violations[0].path, "steps[1].params.lines[1].amount");
  EXPECT_EQ(
      canonical_json(to_json(reading.violations[0])),
      R"json({"code":"FLOAT_IN_PLAN","message":"Must be a whole number: a float has no one )json"
      R"json(spelling.","path":"steps[1].params.lines[1].amount","severity":"ERROR",)json"
      R"json("stepIndex":1})json");
  EXPECT_EQ(with("constraints", json_of(R"({"max": 1.0})")), "FLOAT_IN_PLAN");
  EXPECT_EQ(with("params", Json::object({{"n", (std::int64_t{1} << 53)}})), "NUMBER_TOO_LARGE");
  EXPECT_EQ(with("params", Json::object({{"n", (std::int64_t{1} << 53) - 1}})), "");
}

TEST(Plan, TextHasOneSpelling) {
  const std::string composed = "caf\u00e9";
  const std::string decomposed = "cafe\u0301";
  EXPECT_EQ(with("resource", composed), "");
  EXPECT_EQ(with("resource", decomposed), "NOT_NFC");
  EXPECT_EQ(with("params", Json::object({{"name", decomposed}})), "NOT_NFC");
  EXPECT_EQ(with("params", Json::object({{decomposed, 1}})), "NOT_NFC");
  EXPECT_EQ(with("constraints", Json::object({{"in", Json(Json::Array{decomposed})}})), "NOT_NFC");
  EXPECT_EQ(with("stepId", decomposed), "NOT_NFC");
  EXPECT_EQ(with("description", decomposed), "NOT_NFC");
}

TEST(Plan, ControlCharactersAreRefused) {
  EXPECT_EQ(with("params", Json::object({{"text", "two\nlines\tand\r"}})), "");
  EXPECT_EQ(with("params", Json::object({{"text", std::string("a\0b", 3)}})), "CONTROL_CHARACTER");
  EXPECT_EQ(with("params", Json::object({{"text", "a\x1b[2J"}})), "CONTROL_CHARACTER");
  EXPECT_EQ(with("params", Json::object({{"text", "a\x7f"}})), "CONTROL_CHARACTER");
  EXPECT_EQ(with("params", Json::object({{"text", "a\u0085"}})), "CONTROL_CHARACTER");
  EXPECT_EQ(with("params", Json::object({{"a\x01", 1}})), "CONTROL_CHARACTER");
  EXPECT_EQ(with("resource", "a\nb"), "CONTROL_CHARACTER");
  EXPECT_EQ(with("resource", "a\u200bb"), "CONTROL_CHARACTER");
  EXPECT_EQ(with("idempotencyKey", "a\u202eb"), "CONTROL_CHARACTER");
  EXPECT_EQ(with("resource", "\xff"), "NOT_UTF8");
  EXPECT_EQ(with("params", Json::object({{"\xff", 1}})), "NOT_UTF8");
  EXPECT_TRUE(is_utf8(
      json_text(to_json(read_plan(Json::object({{"\xff\n", 1}}), "acme").violations.at(0)))));
}

TEST(Plan, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    Json value = Json::array();
    for (std::size_t i = 1; i < depth; ++i) value = Json(Json::Array{std::move(value)});
    return Json::object({{"deep", std::move(value)}});
  };
  // The document, the steps, the step and the params are four.
  EXPECT_EQ(with("params", nested(60)), "");
  EXPECT_EQ(with("params", nested(61)), "TOO_DEEP");
  EXPECT_EQ(with("constraints", nested(900)), "TOO_DEEP");
  EXPECT_TRUE(parse_json(json_text(plan_json({[&] {
    Json step = step_json();
    step.set("params", nested(60));
    return step;
  }()}))));
}

TEST(Plan, WhatIsNoPlanIsNamed) {
  for (const std::string_view text : {"null", "5", "[]", "\"plan\""}) {
    EXPECT_EQ(reading_codes(json_of(text)), "INVALID_PLAN") << text;
  }
  EXPECT_EQ(reading_codes(json_of("{}")), "INVALID_STEPS");
  EXPECT_EQ(reading_codes(json_of(R"({"steps": []})")), "INVALID_STEPS");
  EXPECT_EQ(reading_codes(json_of(R"({"steps": {}})")), "INVALID_STEPS");
  EXPECT_EQ(reading_codes(json_of(R"({"steps": [5]})")), "INVALID_STEP");
  EXPECT_EQ(reading_codes(json_of(R"({"steps": [5, null]})")), "INVALID_STEP INVALID_STEP");
  Json document = plan_json({step_json()});
  document.set("tenantId", 5);
  document.set("requestId", "");
  document.set("intentSummary", std::string(2001, 'x'));
  document.set("labels", Json::object({{"a", 5}}));
  EXPECT_EQ(reading_codes(document),
            "INVALID_TENANT_ID INVALID_REQUEST_ID INVALID_INTENT_SUMMARY INVALID_LABELS");
}

TEST(Plan, ARequestIdIsKnownAlsoOfAPlanThatCannotBeRead) {
  const auto reading = read_plan(json_of(R"({"requestId": "req_1", "steps": [5, 6, 7]})"), "acme");
  EXPECT_FALSE(reading.plan);
  EXPECT_EQ(reading.request_id, "req_1");
  EXPECT_EQ(reading.step_count, 3U);
}

TEST(Plan, AThousandStepsAreReadAndOneMoreAreNot) {
  EXPECT_EQ(reading_codes(plan_json(Json::Array(1000, step_json()))), "");
  const auto reading = read_plan(plan_json(Json::Array(1001, step_json())), "acme");
  EXPECT_EQ(codes_of(reading.violations), "TOO_MANY_STEPS");
  EXPECT_EQ(reading.step_count, 1001U);
}

TEST(Plan, AnIdMeansOneStep) {
  EXPECT_EQ(reading_codes(plan_json({step_with_id("a"), step_with_id("b")})), "");
  EXPECT_EQ(reading_codes(plan_json({step_with_id("a"), step_with_id("a")})), "DUPLICATE_STEP_ID");
  EXPECT_EQ(reading_codes(plan_json({step_with_id("1"), step_json()})), "AMBIGUOUS_STEP_ID");
  EXPECT_EQ(reading_codes(plan_json({step_with_id("1"), step_with_id("b")})), "AMBIGUOUS_STEP_ID");
  EXPECT_EQ(reading_codes(plan_json({step_with_id("0"), step_with_id("1")})), "");
  EXPECT_EQ(reading_codes(plan_json({step_with_id("01"), step_with_id("2")})), "");
}

TEST(Plan, StepsWaitForStepsOfThePlanAndNotForEachOther) {
  const auto chain = [](std::string_view a, std::string_view b, std::string_view c) {
    return plan_json({step_with_id("a", {a}), step_with_id("b", {b}), step_with_id("c", {c})});
  };
  EXPECT_EQ(reading_codes(plan_json({step_with_id("a", {"b"}), step_with_id("b")})), "");
  EXPECT_EQ(reading_codes(plan_json({step_with_id("a", {"1"}), step_json()})), "");
  EXPECT_EQ(reading_codes(plan_json({step_with_id("a", {"b"})})), "UNKNOWN_DEPENDENCY");
  // A step with a stepId is not called by its index.
  EXPECT_EQ(reading_codes(plan_json({step_with_id("a", {"1"}), step_with_id("b")})),
            "UNKNOWN_DEPENDENCY");
  EXPECT_EQ(reading_codes(plan_json({step_with_id("a", {"a"})})), "CYCLIC_DEPENDENCY");
  EXPECT_EQ(reading_codes(chain("b", "c", "a")), "CYCLIC_DEPENDENCY");
  const auto reading = read_plan(
      plan_json({step_with_id("a", {"b"}), step_with_id("b", {"c"}), step_with_id("c", {"b"})}),
      "acme");
  ASSERT_EQ(codes_of(reading.violations), "CYCLIC_DEPENDENCY");
  EXPECT_EQ(reading.violations[0].message, "Steps wait for each other: 1, 2.");
  EXPECT_EQ(reading.violations[0].step_index, 1U);
}

TEST(Plan, ALongCycleIsFoundAndShownShort) {
  Json::Array steps;
  for (int i = 0; i < 1000; ++i) {
    steps.push_back(step_with_id("s" + std::to_string(i), {"s" + std::to_string((i + 1) % 1000)}));
  }
  const auto reading = read_plan(plan_json(steps), "acme");
  ASSERT_EQ(codes_of(reading.violations), "CYCLIC_DEPENDENCY");
  EXPECT_LT(reading.violations[0].message.size(), 100U);
}

TEST(Plan, AKeyThatIsUsedTwiceIsAWarning) {
  Json document = json_of(R"({"steps": []})");
  Json steps = Json::array();
  for (int i = 0; i < 300; ++i) steps.push(step_json());
  document.set("steps", steps);
  const auto reading = read_plan(document, "acme");
  ASSERT_EQ(codes_of(reading.violations), "DUPLICATE_IDEMPOTENCY_KEY");
  EXPECT_EQ(reading.violations[0].severity, ViolationSeverity::warning);
  EXPECT_EQ(reading.violations[0].step_index, 1U);
  EXPECT_TRUE(reading.plan);
}

TEST(Plan, AHundredViolationsAreListedAndTheLastCountsTheOthers) {
  const auto all = read_plan(json_of(R"({"steps": [)" +
                                     [] {
                                       std::string many = "0";
                                       for (int i = 1; i < 99; ++i) many.append(",0");
                                       return many;
                                     }() +
                                     "]}"),
                             "acme");
  EXPECT_EQ(all.violations.size(), 99U);
  EXPECT_EQ(all.violations.back().code, "INVALID_STEP");
  const auto more = read_plan(plan_json(Json::Array(1000, Json(5))), "acme");
  ASSERT_EQ(more.violations.size(), kPlanViolationsMax);
  EXPECT_EQ(more.violations.back().code, "MORE_VIOLATIONS");
  EXPECT_EQ(more.violations.back().message, "901 more are not listed.");
}

// All that a plan can be found guilty of fits into one event.
TEST(Plan, ViolationsAreSmallWhateverThePlanIs) {
  const std::string long_name(100000, 'x');
  Json deep = Json(1.5);
  for (int i = 0; i < 50; ++i) deep = Json::object({{long_name, std::move(deep)}});
  Json step = step_json();
  step.set("params", Json::object({{"a", deep}}));
  for (int i = 0; i < 50; ++i) step.set(std::to_string(i) + long_name, 1);
  const auto reading = read_plan(plan_json({step, step}), "acme");
  Json list = Json::array();
  for (const auto& each : reading.violations) list.push(to_json(each));
  EXPECT_EQ(reading.violations.size(), kPlanViolationsMax);
  EXPECT_LT(canonical_json(list).size(), 64000U);
}

TEST(Plan, EveryCodeIsListedOnceInOrder) {
  const auto codes = plan_codes();
  for (std::size_t i = 1; i < codes.size(); ++i) EXPECT_LT(codes[i - 1].code, codes[i].code);
}

}  // namespace
}  // namespace assent
