#include "domain/plan/check.h"

#include "base/canonical.h"
#include "domain/plan/testing_plan.h"

#include <ctime>
#include <fstream>
#include <sstream>

namespace assent {
namespace {

using testing::catalogue_of;
using testing::codes_of;
using testing::json_of;
using testing::plan_json;
using testing::plan_of;
using testing::step_json;

const PlanCatalogue& brain() {
  static const PlanCatalogue kBrain = [] {
    std::ifstream file(std::string(ASSENT_SOURCE_DIR) + "/examples/policies/brain.yaml");
    std::stringstream text;
    text << file.rdbuf();
    auto policy = policy_from_yaml(text.str());
    EXPECT_TRUE(policy) << (policy ? "" : policy.error().detail);
    return policy ? policy->plans : PlanCatalogue{};
  }();
  return kBrain;
}

PlanVerdict check(const Json& document, const PlanCatalogue& catalogue = brain()) {
  return check_plan(read_plan(document, "acme"), catalogue);
}

// The tier and the reason of one step: "medium Critical Odoo model: account.move".
std::string risk_of(const Json& step, const PlanCatalogue& catalogue = brain()) {
  PlanCatalogue all = catalogue;
  all.escalate_from = RiskTier::none;
  const PlanVerdict verdict = check(plan_json({step}), all);
  if (verdict.high_risk_steps.empty()) return codes_of(verdict.violations);
  std::string text(word(verdict.high_risk_steps[0].risk_tier));
  const std::string& reason = verdict.high_risk_steps[0].reason;
  return reason.empty() ? text : text + " " + reason;
}

Json step_with(std::string_view member, Json value) {
  Json step = step_json("course.create", "course_factory.v1", "course/42");
  step.set("params", Json::object());
  step.set(std::string(member), std::move(value));
  return step;
}

std::string param_risk(std::string_view text) {
  return risk_of(step_with("params", Json::object({{"text", text}})));
}

std::string environment_risk(Json value) {
  return risk_of(step_with("constraints", Json::object({{"environment", std::move(value)}})));
}

TEST(PlanCheck, H43_ASafePlanPasses) {
  const PlanVerdict verdict =
      check(plan_json(Json::Array(5, step_json("course.create", "course_factory.v1", "course/1"))));
  EXPECT_EQ(verdict.status, PlanStatus::pass);
  EXPECT_EQ(brain_tier(verdict.risk_tier), 0);
  EXPECT_FALSE(verdict.requires_approval);
  EXPECT_TRUE(verdict.violations.empty());
  EXPECT_TRUE(verdict.high_risk_steps.empty());
}

TEST(PlanCheck, H43_TheSeedsExampleEscalates) {
  Json::Array steps(5, step_json("course.create", "course_factory.v1", "course/1"));
  steps[2] = step_json("odoo.update", "odoo", "account.move");
  const PlanVerdict verdict = check(plan_json(steps));
  EXPECT_EQ(verdict.status, PlanStatus::escalate);
  EXPECT_TRUE(verdict.requires_approval);
  EXPECT_EQ(brain_tier(verdict.risk_tier), 2);
  EXPECT_TRUE(verdict.violations.empty());
  ASSERT_EQ(verdict.high_risk_steps.size(), 1U);
  const HighRiskStep& step = verdict.high_risk_steps[0];
  EXPECT_EQ(step.step_index, 2U);
  EXPECT_EQ(step.action, "odoo.update");
  EXPECT_EQ(step.provider, "odoo");
  EXPECT_EQ(brain_tier(step.risk_tier), 2);
  EXPECT_EQ(step.reason, "Critical Odoo model: account.move");
}

TEST(PlanCheck, H43_TheSeedsUnknownActionIsRejected) {
  Json::Array steps(5, step_json("course.create", "course_factory.v1", "course/1"));
  steps[1] = step_json("custom.delete", "odoo", "res.partner");
  const PlanVerdict verdict = check(plan_json(steps));
  EXPECT_EQ(verdict.status, PlanStatus::reject);
  EXPECT_FALSE(verdict.requires_approval);
  EXPECT_EQ(brain_tier(verdict.risk_tier), 3);
  ASSERT_EQ(codes_of(verdict.violations), "UNKNOWN_ACTION");
  EXPECT_EQ(verdict.violations[0].step_index, 1U);
  EXPECT_EQ(verdict.violations[0].message,
            "Unknown action: custom.delete. Must be from the actions of the policy's plans.");
  EXPECT_EQ(verdict.violations[0].path, "steps[1].action");
  EXPECT_EQ(verdict.violations[0].severity, ViolationSeverity::error);
}

TEST(PlanCheck, H43_ProvidersAreKnownAndFitTheAction) {
  const auto codes = [](std::string_view action, std::string_view provider) {
    return codes_of(check(plan_json({step_json(action, provider)})).violations);
  };
  EXPECT_EQ(codes("odoo.update_record", "odoo.v16"), "");
  EXPECT_EQ(codes("odoo.update_record", "odoo.v15"), "UNKNOWN_PROVIDER");
  EXPECT_EQ(codes("odoo.update_record", "infra.terraform"), "PROVIDER_MISMATCH");
  EXPECT_EQ(codes("odoo.Update_record", "odoo.v16"), "UNKNOWN_ACTION");
  EXPECT_EQ(codes("odoo.drop_all", "aws"), "UNKNOWN_ACTION UNKNOWN_PROVIDER");
}

TEST(PlanCheck, H43_WithoutACatalogueNothingIsKnown) {
  const PlanVerdict verdict = check(plan_json({step_json()}), default_policy().plans);
  EXPECT_EQ(verdict.status, PlanStatus::reject);
  EXPECT_EQ(codes_of(verdict.violations), "UNKNOWN_ACTION UNKNOWN_PROVIDER");
}

TEST(PlanCheck, H43_MalformedInputIsRejectedAsHigh) {
  for (const std::string_view text :
       {"null", "[]", "{}", R"({"steps": [1]})", R"({"steps": [{"action": 1.5}]})"}) {
    const PlanVerdict verdict = check(json_of(text));
    EXPECT_EQ(verdict.status, PlanStatus::reject) << text;
    EXPECT_EQ(verdict.risk_tier, RiskTier::high) << text;
    EXPECT_FALSE(verdict.requires_approval) << text;
    EXPECT_FALSE(verdict.violations.empty()) << text;
  }
}

TEST(PlanCheck, H43_WhatNobodyClassifiedIsHigh) {
  const PlanCatalogue catalogue =
      catalogue_of("  providers: [p]\n  actions: {a.b: {providers: [p]}}\n");
  const PlanVerdict verdict = check(plan_json({step_json("a.b", "p", "r")}), catalogue);
  EXPECT_EQ(verdict.status, PlanStatus::escalate);
  EXPECT_EQ(verdict.risk_tier, RiskTier::high);
  EXPECT_EQ(verdict.high_risk_steps.at(0).reason, "Action without a risk tier: a.b");
}

TEST(PlanCheck, H43_TheSameAnswerEveryTime) {
  Json::Array steps = {step_json("odoo.update", "odoo", "account.move"),
                       step_json("infra.destroy", "infra.terraform", "eu/prod"),
                       step_json("a", "b", "c")};
  const auto told = [&steps] {
    const PlanVerdict verdict = check(plan_json(steps));
    std::string text(word(verdict.status));
    for (const auto& each : verdict.violations) text += canonical_json(to_json(each));
    for (const auto& each : verdict.high_risk_steps) text += each.reason;
    return text;
  };
  const std::string first = told();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(told(), first);
}

TEST(PlanCheck, H44_TheHashIsTheSameBeforeAndAfterValidation) {
  const PlanReading reading =
      read_plan(plan_json({step_json("odoo.update", "odoo", "account.move")}), "acme");
  const std::string before = ir_hash(*reading.plan);
  check_plan(reading, brain());
  EXPECT_EQ(ir_hash(*reading.plan), before);
}

TEST(PlanCheck, Trap3_TheHashDoesNotChangeByValidating) {
  // The tier and whether it needs approval are nowhere in what is hashed, and cannot be sent.
  Json step = step_json("odoo.update", "odoo", "account.move");
  const std::string hash = step_hash(plan_of(plan_json({step})).steps[0]);
  const std::string whole = ir_hash(plan_of(plan_json({step})));
  check(plan_json({step}));
  EXPECT_EQ(step_hash(plan_of(plan_json({step})).steps[0]), hash);
  EXPECT_EQ(ir_hash(plan_of(plan_json({step}))), whole);
  step.set("requiresApproval", true);
  EXPECT_EQ(codes_of(check(plan_json({step})).violations), "UNKNOWN_FIELD");
}

TEST(PlanCheck, Trap17_ProductIsNotProductionAndProductionEuIs) {
  for (const std::string_view text :
       {"product", "product page", "products/7", "reproduction", "deliver", "site:deliver", "alive",
        "lively", "prodigy", "productions", "nonprod2", "combat", "batched", "olive"}) {
    EXPECT_EQ(param_risk(text), "none") << text;
    EXPECT_EQ(risk_of(step_with("resource", text)), "none") << text;
  }
  for (const std::string_view text :
       {"production", "production-eu", "eu/prod", "eu.prod", "prod_eu", "PROD", "Production",
        "db:live", "live!", "the live site", "a,prod", "(production)", "prod\u2013eu",
        "\uff50\uff52\uff4f\uff44"}) {
    const std::string reason = "medium Production environment: " + std::string(text);
    EXPECT_EQ(param_risk(text), reason + " (params.text)") << text;
    EXPECT_EQ(risk_of(step_with("resource", text)), reason + " (resource)") << text;
    EXPECT_EQ(environment_risk(text), reason + " (constraints.environment)") << text;
  }
}

// However an environment is run together with what stands beside it, or spelt.
TEST(PlanCheck, Trap17_AWordIsFoundInEachWayInWhichItCanBeRead) {
  for (const std::string_view text :
       {"prod1",
        "1prod",
        "prod02eu",
        "prodEu",
        "euProd",
        "EUProd",
        "PRODeu",
        "ProdEU",
        "eu2Prod1",
        "PRODUCTION_EU",
        "isLive",
        "%70rod",
        "eu%2Fprod",
        "%2570rod",
        "pro%64uction",
        "eu%2fprod1",
        "\uff50\uff52\uff4f\uff44\uff11",  // Full width.
        "\u0440r\u043ed",                  // Cyrillic p and o.
        "\u0420ROD",
        "pr\u03bfd",
        "\u03a1\u03a1OD\u0020\u041f\u0020liv\u0435",
        "pr\u00f3d",
        "l\u0131ve",
        "\u1d18\u0280\u1d0f\u1d05",
        "\U0001d429\U0001d42b\U0001d428\U0001d41d",  // Mathematical bold.
        "\u24df\u24e1\u24de\u24d3",
        "%d1%80rod"}) {
    EXPECT_EQ(param_risk(text).substr(0, 7), "medium ") << text;
    EXPECT_EQ(risk_of(step_with("resource", text)).substr(0, 7), "medium ") << text;
    EXPECT_EQ(risk_of(step_with("params", Json::object({{std::string(text), true}}))).substr(0, 7),
              "medium ")
        << text;
  }
  EXPECT_EQ(param_risk("pr\u200bodEu").substr(0, 7), "medium ");
  for (const std::string_view text :
       {"Product", "productEu", "PRODUCTS", "prodigy7", "aliveEu", "oLives", "%70roduct", "100%",
        "%", "%7", "%zz", "%ff%fe", "\u043f\u0440\u043e\u0434", "pr\u043educt", "deliver1",
        "site2deliver"}) {
    EXPECT_EQ(param_risk(text), "none") << text;
    EXPECT_EQ(risk_of(step_with("resource", text)), "none") << text;
  }
}

TEST(PlanCheck, OneLongTextIsReadInTimeInProportionToItsLength) {
  for (const std::string_view unit : {"prod ", "a1", "aB", "%25", "%70", "\u0440", "prodEu"}) {
    std::string text;
    while (text.size() < 1'000'000) text += unit;
    const std::clock_t begin = std::clock();
    param_risk(text);
    EXPECT_LT(std::clock() - begin, 20 * CLOCKS_PER_SEC) << unit;
  }
}

// What only looks like a known one is no known one.
TEST(PlanCheck, Trap17_AStatedEnvironmentIsKnownByItsWholeWordAlone) {
  for (const std::string_view text : {"staging1", "stagingEu", "st\u0430ging", "%73taging"}) {
    EXPECT_EQ(environment_risk(text).substr(0, 24), "high Unknown environment") << text;
  }
}

TEST(PlanCheck, Trap17_AnUnknownEnvironmentIsHighAtAnyDepthOfTheConstraints) {
  for (const std::string_view constraints :
       {R"({"target": {"environment": "prd"}})", R"({"targets": [{"env": "prd"}]})",
        R"({"a": [[{"b": {"Environment ": "prd"}}]]})"}) {
    EXPECT_EQ(risk_of(step_with("constraints", json_of(constraints))),
              "high Unknown environment: prd")
        << constraints;
  }
  EXPECT_EQ(risk_of(step_with("constraints", json_of(R"({"target": {"environment": "staging"}})"))),
            "low Shared environment: staging (constraints.target.environment)");
  EXPECT_EQ(risk_of(step_with("constraints", json_of(R"({"target": {"environment": null}})"))),
            "none");
}

TEST(PlanCheck, Trap17_AnEnvironmentThatIsStatedHasToBeKnown) {
  EXPECT_EQ(environment_risk("staging"),
            "low Shared environment: staging (constraints.environment)");
  EXPECT_EQ(environment_risk(nullptr), "none");
  for (const std::string_view text : {"prd", "product", "prod2", "", "main"}) {
    EXPECT_EQ(environment_risk(text), "high Unknown environment: " + std::string(text)) << text;
  }
  EXPECT_EQ(environment_risk(5), "high Unknown environment: 5");
  EXPECT_EQ(environment_risk(Json(Json::Array{"dev"})), "high Unknown environment: [\"dev\"]");
  EXPECT_EQ(risk_of(step_with("constraints", Json::object({{"env", "prod"}}))),
            "medium Production environment: prod (constraints.env)");
  EXPECT_EQ(risk_of(step_with("constraints", Json::object({{"ENV", "who knows"}}))),
            "high Unknown environment: who knows");
  EXPECT_EQ(risk_of(step_with("constraints", json_of(R"({"in": ["eu/prod"]})"))),
            "medium Production environment: eu/prod (constraints.in[0])");
}

TEST(PlanCheck, WordsAreFoundWhereverATextStandsInTheParams) {
  EXPECT_EQ(risk_of(step_with("params", json_of(R"({"a": [{"b": ["x", "eu-prod"]}]})"))),
            "medium Production environment: eu-prod (params.a[0].b[1])");
  EXPECT_EQ(risk_of(step_with("params", json_of(R"({"production": 5})"))),
            "medium Production environment: production (params.production)");
  EXPECT_EQ(risk_of(step_with("params", json_of(R"({"production": false})"))), "none");
}

TEST(PlanCheck, WhatIsSaidInAnotherShapeOrInTheConstraintsCountsToo) {
  const auto tier_of = [](std::string_view member, std::string_view value) {
    Json step = step_json("odoo.update", "odoo", "res.partner");
    step.set(std::string(member), json_of(value));
    return risk_of(step).substr(0, 6);
  };
  for (const char* model : {R"({"model": ["account.move"]})", R"({"model": [["account.move"]]})"}) {
    EXPECT_EQ(tier_of("params", model), "medium") << model;
    EXPECT_EQ(tier_of("constraints", model), "medium") << model;
  }
  for (const char* many : {R"({"limit": 100000})", R"({"limit": true})", R"({"bulk": true})"}) {
    EXPECT_EQ(tier_of("params", many), "high B") << many;
    EXPECT_EQ(tier_of("constraints", many), "high B") << many;
  }
  EXPECT_EQ(tier_of("constraints", R"({"environment ": "prd"})"), "high U");
}

TEST(PlanCheck, ANameIsFoundInATextThatSaysMore) {
  const auto tiers = [](std::string_view text) {
    Json in_params = step_json("odoo.update", "odoo.v16", "res.partner");
    in_params.set("params", Json::object({{"model", text}}));
    const auto tier = [](const Json& step) { return risk_of(step).substr(0, 6); };
    return tier(step_json("odoo.update", "odoo.v16", text)) + " " + tier(in_params);
  };
  for (const std::string_view text :
       {"account.move", "account.move/5", "account.move,5", "odoo://account.move?id=5",
        "ACCOUNT.MOVE 5", "account%2Emove", "\u0430ccount.move", "[account.move]"}) {
    EXPECT_EQ(tiers(text), "medium medium") << text;
  }
  for (const std::string_view text :
       {"account.moves", "account.move.line", "my.account.move", "account move"}) {
    EXPECT_EQ(tiers(text), tiers("res.partner")) << text;
  }
}

TEST(PlanCheck, ResourcesAreNamedByTheStepOrByItsParams) {
  const auto risk = [](std::string_view action, std::string_view resource,
                       std::string_view params) {
    Json step = step_json(action, "odoo.v16", resource);
    step.set("params", json_of(params));
    return risk_of(step);
  };
  EXPECT_EQ(risk("odoo.update_record", "account.move", "{}"),
            "high Critical Odoo model: account.move");
  EXPECT_EQ(risk("odoo.update_record", "42", R"({"model": "sale.order"})"),
            "high Critical Odoo model: sale.order");
  EXPECT_EQ(risk("odoo.update_record", "42", R"({"values": {"Model": "Sale.Order "}})"),
            "high Critical Odoo model: Sale.Order ");
  EXPECT_EQ(risk("odoo.update_record", "42", R"({"name": "sale.order"})"),
            "low Action of low risk: odoo.update_record");
  EXPECT_EQ(risk("odoo.update_record", "account.move.line", "{}"),
            "low Action of low risk: odoo.update_record");
  // Not what installs a module.
  EXPECT_EQ(risk("odoo.install_module", "account.move", "{}"),
            "medium Action of medium risk: odoo.install_module");
}

TEST(PlanCheck, BulkIsANumberAndNotAWord) {
  const auto risk = [](std::string_view params) {
    return risk_of(step_with("params", json_of(params)));
  };
  const auto list = [](int count) {
    std::string text = "[0";
    for (int i = 1; i < count; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_EQ(risk(R"({"ids": )" + list(100) + "}"), "none");
  EXPECT_EQ(risk(R"({"ids": )" + list(101) + "}"),
            "high Bulk operation: params.ids has 101 items, more than 100");
  EXPECT_EQ(risk(R"({"a": {"b": )" + list(101) + "}}"),
            "high Bulk operation: params.a.b has 101 items, more than 100");
  EXPECT_EQ(risk(R"({"ids": [)" + list(60) + "," + list(60) + "]}"),
            "high Bulk operation: params.ids has 120 items, more than 100");
  EXPECT_EQ(risk(R"({"limit": 100})"), "none");
  EXPECT_EQ(risk(R"({"limit": 101})"), "high Bulk operation: params.limit is 101, more than 100");
  EXPECT_EQ(risk(R"({"limit": "101"})"), "high Bulk operation: params.limit is 101, more than 100");
  EXPECT_EQ(risk(R"({"limit": "99999999999999999999"})"),
            "high Bulk operation: params.limit is no number to compare: 99999999999999999999");
  EXPECT_EQ(risk(R"({"limit": "all"})"),
            "high Bulk operation: params.limit is no number to compare: all");
  EXPECT_EQ(risk(R"({"limit": -1})"),
            "high Bulk operation: params.limit is no number to compare: -1");
  EXPECT_EQ(risk(R"({"price": 5000})"), "none");
  EXPECT_EQ(risk(R"({"text": "a bulk of batches"})"), "none");
  EXPECT_EQ(risk(R"({"batched": true})"), "none");
  EXPECT_EQ(risk(R"({"bulk": true})"), "high Bulk operation: params.bulk is set");
  EXPECT_EQ(risk(R"({"batch": {"x": 1}})"), "high Bulk operation: params.batch is set");
  EXPECT_EQ(risk(R"({"bulk": false, "batch": 0})"), "none");
}

TEST(PlanCheck, TheHighestCountsAndEveryReasonForItIsTold) {
  Json step = step_json("odoo.delete_record", "odoo.v16", "account.move");
  step.set("params", json_of(R"({"limit": 500, "site": "eu-prod"})"));
  EXPECT_EQ(
      risk_of(step),
      "high Critical Odoo model: account.move; Bulk operation: params.limit is 500, more than "
      "100; Action of high risk: odoo.delete_record");
}

TEST(PlanCheck, FromWhichTierOnAPersonDecidesIsThePolicys) {
  PlanCatalogue catalogue = brain();
  const Json document = plan_json({step_json("odoo.update", "odoo", "account.move")});
  catalogue.escalate_from = RiskTier::high;
  EXPECT_EQ(check(document, catalogue).status, PlanStatus::pass);
  EXPECT_EQ(check(document, catalogue).risk_tier, RiskTier::medium);
  catalogue.escalate_from = RiskTier::medium;
  EXPECT_EQ(check(document, catalogue).status, PlanStatus::escalate);
  catalogue.escalate_from = RiskTier::none;
  EXPECT_EQ(check(plan_json({step_json("course.create", "course_factory.v1")}), catalogue).status,
            PlanStatus::escalate);
}

TEST(PlanCheck, AWarningDoesNotReject) {
  Json document = plan_json({});
  document.set("steps", Json(Json::Array(2, step_json("course.create", "course_factory.v1"))));
  const PlanVerdict verdict = check(document);
  EXPECT_EQ(verdict.status, PlanStatus::pass);
  EXPECT_EQ(codes_of(verdict.violations), "DUPLICATE_IDEMPOTENCY_KEY");
}

TEST(PlanCheck, AThousandUnknownActionsAreAHundredViolations) {
  const PlanVerdict verdict = check(plan_json(Json::Array(1000, step_json("x", "y", "z"))));
  ASSERT_EQ(verdict.violations.size(), kPlanViolationsMax);
  EXPECT_EQ(verdict.violations.back().code, "MORE_VIOLATIONS");
}

TEST(PlanCheck, TheTiersOfBrain) {
  EXPECT_EQ(brain_tier(RiskTier::none), 0);
  EXPECT_EQ(brain_tier(RiskTier::low), 1);
  EXPECT_EQ(brain_tier(RiskTier::medium), 2);
  EXPECT_EQ(brain_tier(RiskTier::high), 3);
  EXPECT_EQ(brain_tier(RiskTier::critical), 3);
}

TEST(PlanCheck, AHundredThousandReasonsAreAFew) {
  Json words = Json::object();
  for (int i = 0; i < 100'000; ++i) {
    words.members().emplace_back("w" + std::to_string(i), "prod " + std::to_string(i));
  }
  Json step = step_json("odoo.update", "odoo");
  step.set("constraints", std::move(words));
  const PlanVerdict verdict = check(plan_json({std::move(step)}));
  EXPECT_EQ(verdict.status, PlanStatus::escalate);
  ASSERT_EQ(verdict.high_risk_steps.size(), 1U);
  EXPECT_LT(verdict.high_risk_steps[0].reason.size(), 2000U);
  EXPECT_TRUE(verdict.high_risk_steps[0].reason.ends_with("; and more"));
}

}  // namespace
}  // namespace assent
