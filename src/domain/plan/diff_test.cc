#include "domain/plan/diff.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "domain/plan/testing_plan.h"

#include <algorithm>
#include <functional>
#include <random>

namespace assent {
namespace {

using testing::dag_of;
using testing::json_of;
using testing::plan_json;
using testing::plan_of;

// Three steps: one that has an id, one that waits for it, and one that is like the second but for
// its key.
Plan three_steps() {
  return plan_of(json_of(R"json({"tenantId": "acme", "steps": [
    {"action": "a.one", "provider": "p", "resource": "r", "params": {"n": 1},
     "idempotencyKey": "k0", "constraints": {"environment": "dev"}, "stepId": "first"},
    {"action": "a.two", "provider": "p", "resource": "r", "params": {"list": [1, 2]},
     "idempotencyKey": "k1", "constraints": {}, "budgetCents": 5, "dependsOn": ["first"]},
    {"action": "a.two", "provider": "p", "resource": "r", "params": {"list": [1, 2]},
     "idempotencyKey": "k2", "constraints": {}, "budgetCents": 5, "dependsOn": ["first"]}]})json"));
}

Json::Array& nodes_of(Json& dag) {
  return dag.members().at(0).second.items();
}

std::string codes_of(const PlanDiff& diff) {
  std::string codes;
  for (const auto& each : diff.mismatch_details.find("violations")->items()) {
    codes.append(codes.empty() ? "" : " ").append(*each.string_at("code"));
    if (const auto index = each.integer_at("nodeIndex")) codes += "@" + std::to_string(*index);
  }
  return codes;
}

std::string list_of(const PlanDiff& diff, std::string_view name) {
  return canonical_json(*diff.mismatch_details.find(name));
}

struct Expected {
  std::string codes;
  std::string missing = "[]";
  std::string extra = "[]";
  std::string mismatched_steps = {};  // "1 2"
};

// The diff of three_steps() with its DAG, changed by `change`, which has to fail.
void expect_failed(const std::function<void(Json& dag)>& change, const Expected& expected) {
  SCOPED_TRACE(expected.codes);
  const Plan plan = three_steps();
  Json dag = dag_of(plan);
  change(dag);
  const PlanDiff diff = diff_plan(plan, dag);
  EXPECT_FALSE(diff.ok);
  EXPECT_NE(diff.dag_hash, ir_hash(plan));
  EXPECT_TRUE(content_hash_from_text(diff.dag_hash));
  EXPECT_EQ(codes_of(diff), expected.codes);
  EXPECT_EQ(list_of(diff, "missingIrSteps"), expected.missing);
  EXPECT_EQ(list_of(diff, "extraDagNodes"), expected.extra);
  std::string steps;
  for (const auto& each : diff.mismatch_details.find("hashMismatches")->items()) {
    steps.append(steps.empty() ? "" : " ").append(std::to_string(*each.integer_at("stepIndex")));
    EXPECT_NE(*each.string_at("irStepHash"), *each.string_at("dagNodeHash"));
  }
  EXPECT_EQ(steps, expected.mismatched_steps);
}

TEST(PlanDiff, H48_TheExactPlanIsOkAndTheHashesAreOne) {
  const Plan plan = three_steps();
  const PlanDiff diff = diff_plan(plan, dag_of(plan));
  EXPECT_TRUE(diff.ok);
  EXPECT_EQ(diff.dag_hash, ir_hash(plan));
  EXPECT_EQ(diff.dag_node_count, 3U);
  EXPECT_EQ(canonical_json(diff.mismatch_details),
            R"({"extraDagNodes":[],"hashMismatches":[],"missingIrSteps":[],"violations":[]})");
}

TEST(PlanDiff, H48_AHashNeedNotBeClaimed) {
  const Plan plan = three_steps();
  Json dag = dag_of(plan);
  for (auto& node : nodes_of(dag)) node.members().pop_back();
  EXPECT_TRUE(diff_plan(plan, dag).ok);
}

TEST(PlanDiff, H48_AlteredContentFails) {
  for (const auto& member : std::vector<std::pair<std::string, Json>>{
           {"action", "a.three"},
           {"provider", "q"},
           {"resource", "r2"},
           {"params", json_of(R"({"list": [2, 1]})")},
           {"idempotencyKey", "k9"},
           {"constraints", json_of(R"({"environment": "prod"})")},
           {"budgetCents", 6}}) {
    expect_failed([&](Json& dag) { nodes_of(dag)[1].set(member.first, member.second); },
                  {.codes = "ALTERED_NODE@1", .mismatched_steps = "1"});
  }
}

TEST(PlanDiff, H48_TheNameOfTheSeedsMismatches) {
  const Plan plan = three_steps();
  Json dag = dag_of(plan);
  nodes_of(dag)[1].set("budgetCents", 6);
  const PlanDiff diff = diff_plan(plan, dag);
  const Json& mismatch = diff.mismatch_details.find("hashMismatches")->items().at(0);
  Plan altered = plan;
  altered.steps[1].budget_cents = 6;
  EXPECT_EQ(mismatch, Json::object({{"stepIndex", 1},
                                    {"irStepHash", step_hash(plan.steps[1])},
                                    {"dagNodeHash", step_hash(altered.steps[1])}}));
  EXPECT_EQ(diff.dag_hash, ir_hash(altered));
}

TEST(PlanDiff, H48_AMissingNodeFails) {
  expect_failed([](Json& dag) { nodes_of(dag).pop_back(); },
                {.codes = "MISSING_NODE", .missing = "[2]"});
  expect_failed([](Json& dag) { nodes_of(dag).clear(); },
                {.codes = "MISSING_NODE MISSING_NODE MISSING_NODE", .missing = "[0,1,2]"});
}

TEST(PlanDiff, H48_AnExtraNodeFails) {
  expect_failed(
      [](Json& dag) {
        Json node = nodes_of(dag)[2];
        node.set("irStepId", "3");
        nodes_of(dag).push_back(node);
      },
      {.codes = "FOREIGN_NODE_ID@3", .extra = "[3]"});
}

TEST(PlanDiff, H48_AForeignIdFails) {
  expect_failed([](Json& dag) { nodes_of(dag)[1].set("irStepId", "other"); },
                {.codes = "FOREIGN_NODE_ID@1 MISSING_NODE", .missing = "[1]", .extra = "[1]"});
  // A step that has an id is not called by its position.
  expect_failed([](Json& dag) { nodes_of(dag)[0].set("irStepId", "0"); },
                {.codes = "FOREIGN_NODE_ID@0 MISSING_NODE", .missing = "[0]", .extra = "[0]"});
  expect_failed([](Json& dag) { nodes_of(dag)[1].set("irStepId", "01"); },
                {.codes = "FOREIGN_NODE_ID@1 MISSING_NODE", .missing = "[1]", .extra = "[1]"});
}

TEST(PlanDiff, H48_ReorderedNodesFail) {
  expect_failed([](Json& dag) { std::swap(nodes_of(dag)[1], nodes_of(dag)[2]); },
                {.codes = "REORDERED_NODE@2"});
  expect_failed([](Json& dag) { std::swap(nodes_of(dag)[0], nodes_of(dag)[1]); },
                {.codes = "REORDERED_NODE@1"});
}

TEST(PlanDiff, H48_RewiredNodesFail) {
  expect_failed([](Json& dag) { nodes_of(dag)[2].set("dependsOn", Json(Json::Array{"1"})); },
                {.codes = "REWIRED_NODE@2", .mismatched_steps = "2"});
  expect_failed([](Json& dag) { nodes_of(dag)[2].set("dependsOn", Json::array()); },
                {.codes = "REWIRED_NODE@2", .mismatched_steps = "2"});
  expect_failed([](Json& dag) { nodes_of(dag)[0].set("dependsOn", Json(Json::Array{"2"})); },
                {.codes = "REWIRED_NODE@0", .mismatched_steps = "0"});
  expect_failed(
      [](Json& dag) {
        nodes_of(dag)[2].set("dependsOn", Json(Json::Array{"1"}));
        nodes_of(dag)[2].set("budgetCents", 6);
      },
      {.codes = "REWIRED_NODE@2 ALTERED_NODE@2", .mismatched_steps = "2"});
}

TEST(PlanDiff, H48_AClaimedHashIsComparedAndNeverTrusted) {
  const std::string other = step_hash(three_steps().steps[0]);
  expect_failed([&](Json& dag) { nodes_of(dag)[1].set("irStepHash", other); },
                {.codes = "CLAIMED_HASH_MISMATCH@1", .mismatched_steps = "1"});
  // Other content under the hash that was approved: what BRAiN's audit let through.
  expect_failed([](Json& dag) { nodes_of(dag)[1].set("params", json_of(R"({"drop": true})")); },
                {.codes = "ALTERED_NODE@1", .mismatched_steps = "1"});
  expect_failed([](Json& dag) { nodes_of(dag)[1].set("irStepHash", "sha256:abcd"); },
                {.codes = "INVALID_NODE_HASH@1 MISSING_NODE", .missing = "[1]", .extra = "[1]"});
}

TEST(PlanDiff, Trap4_ADuplicateNodeIsSeen) {
  expect_failed([](Json& dag) { nodes_of(dag).push_back(nodes_of(dag)[2]); },
                {.codes = "DUPLICATE_NODE@3", .extra = "[3]"});
  expect_failed([](Json& dag) { nodes_of(dag)[2] = nodes_of(dag)[1]; },
                {.codes = "DUPLICATE_NODE@2 MISSING_NODE", .missing = "[2]", .extra = "[2]"});
}

TEST(PlanDiff, Trap4_AnEmptyIdIsSeen) {
  const Expected expected = {
      .codes = "EMPTY_NODE_ID@1 MISSING_NODE", .missing = "[1]", .extra = "[1]"};
  expect_failed([](Json& dag) { nodes_of(dag)[1].set("irStepId", ""); }, expected);
  expect_failed(
      [](Json& dag) {
        std::erase_if(nodes_of(dag)[1].members(),
                      [](const auto& member) { return member.first == "irStepId"; });
      },
      expected);
  // One more, beside all that is right.
  expect_failed(
      [](Json& dag) {
        nodes_of(dag).push_back(nodes_of(dag)[1]);
        nodes_of(dag)[3].set("irStepId", "");
      },
      {.codes = "EMPTY_NODE_ID@3", .extra = "[3]"});
}

TEST(PlanDiff, Trap4_MixedIdTypesAreNamed) {
  expect_failed([](Json& dag) { nodes_of(dag)[1].set("irStepId", 1); },
                {.codes = "INVALID_NODE_ID@1 MISSING_NODE", .missing = "[1]", .extra = "[1]"});
  expect_failed([](Json& dag) { nodes_of(dag)[1].set("irStepId", nullptr); },
                {.codes = "INVALID_NODE_ID@1 MISSING_NODE", .missing = "[1]", .extra = "[1]"});
}

TEST(PlanDiff, AMalformedNodeIsExtraAndItsStepMissing) {
  const auto expect_malformed = [](std::string_view name, const Json& value,
                                   const std::string& code) {
    expect_failed([&](Json& dag) { nodes_of(dag)[1].set(std::string(name), value); },
                  {.codes = code + "@1 MISSING_NODE", .missing = "[1]", .extra = "[1]"});
  };
  expect_malformed("stepId", "1", "UNKNOWN_FIELD");
  expect_malformed("description", "x", "UNKNOWN_FIELD");
  expect_malformed("retry", 3, "UNKNOWN_FIELD");
  expect_malformed("params", json_of(R"({"x": 1.5})"), "FLOAT_IN_PLAN");
  expect_malformed("params", json_of("[]"), "INVALID_PARAMS");
  expect_malformed("resource", "cafe\u0301", "NOT_NFC");
  expect_malformed("budgetCents", -5, "NEGATIVE_BUDGET");
  expect_malformed("dependsOn", "first", "INVALID_DEPENDENCY");
  expect_malformed("irStepHash", 5, "INVALID_NODE_HASH");
  expect_failed([](Json& dag) { nodes_of(dag)[1] = Json(5); },
                {.codes = "INVALID_NODE@1 MISSING_NODE", .missing = "[1]", .extra = "[1]"});
}

TEST(PlanDiff, WhatIsNoDagFailsAndIsNoPlanEither) {
  const Plan plan = three_steps();
  Json plan_itself = semantic_json(plan);
  for (const auto& dag :
       {Json(), Json(5), Json::array(), Json::object(), Json::object({{"nodes", 5}}),
        Json::object({{"nodes", Json::object()}}), plan_itself, Json(1.5)}) {
    const PlanDiff diff = diff_plan(plan, dag);
    EXPECT_FALSE(diff.ok);
    EXPECT_NE(diff.dag_hash, ir_hash(plan));
    EXPECT_EQ(diff.dag_node_count, 0U);
    EXPECT_EQ(list_of(diff, "missingIrSteps"), "[0,1,2]");
  }
  expect_failed([](Json& dag) { dag.set("edges", Json::array()); }, {.codes = "UNKNOWN_FIELD"});
}

TEST(PlanDiff, AThousandNodesAreComparedAndOneMoreAreNot) {
  const Plan plan = plan_of(plan_json(Json::Array(1000, testing::step_json())));
  Json dag = dag_of(plan);
  EXPECT_TRUE(diff_plan(plan, dag).ok);
  nodes_of(dag).push_back(nodes_of(dag)[0]);
  const PlanDiff diff = diff_plan(plan, dag);
  EXPECT_FALSE(diff.ok);
  EXPECT_EQ(codes_of(diff), "TOO_MANY_NODES");
  EXPECT_EQ(diff.dag_node_count, 1001U);
}

TEST(PlanDiff, DetailsAreSmallWhateverTheDagIs) {
  const Plan plan = plan_of(plan_json(Json::Array(1000, testing::step_json())));
  Json altered = dag_of(plan);
  for (auto& node : nodes_of(altered)) node.set("resource", std::string(500, 'x'));
  const PlanDiff diff = diff_plan(plan, altered);
  EXPECT_EQ(diff.mismatch_details.find("hashMismatches")->items().size(), 100U);
  EXPECT_EQ(diff.mismatch_details.find("violations")->items().size(), 100U);
  EXPECT_LT(canonical_json(diff.mismatch_details).size(), 60000U);
  Json foreign = dag_of(plan);
  for (std::size_t i = 0; i < 1000; ++i) {
    nodes_of(foreign)[i].set("irStepId", std::string(100, 'x') + std::to_string(i));
  }
  const std::string details = canonical_json(diff_plan(plan, foreign).mismatch_details);
  EXPECT_LT(details.size(), 60000U);
}

// ---- whatever happens to a DAG ----

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }

  Plan plan() {
    Json::Array steps;
    const std::size_t count = 1 + below(6);
    for (std::size_t i = 0; i < count; ++i) {
      // Small choices, so that steps are often alike.
      Json step = testing::step_json(below(2) == 0 ? "a.one" : "a.two", "p", "r");
      step.set("params", value(3));
      step.set("idempotencyKey", "k" + std::to_string(below(3)));
      if (below(2) == 0) step.set("stepId", "s" + std::to_string(i));
      if (below(3) == 0) step.set("budgetCents", static_cast<int>(below(3)));
      if (i > 0 && below(2) == 0) {
        const std::size_t on = below(i);
        const auto id = steps[on].string_at("stepId");
        step.set("dependsOn", Json(Json::Array{id ? Json(*id) : Json(std::to_string(on))}));
      }
      steps.push_back(std::move(step));
    }
    return plan_of(Json::object({{"tenantId", "acme"}, {"steps", Json(std::move(steps))}}));
  }

  void mutate(Json& dag) {
    auto& nodes = nodes_of(dag);
    switch (below(8)) {
      case 0:
        if (!nodes.empty()) nodes.erase(nodes.begin() + at(nodes));
        break;
      case 1:
        if (!nodes.empty()) nodes.insert(nodes.begin() + at(nodes), nodes[below(nodes.size())]);
        break;
      case 2:
        if (!nodes.empty()) std::swap(nodes[below(nodes.size())], nodes[below(nodes.size())]);
        break;
      case 3:
        if (below(20) == 0) dag.set("extra", 1);
        break;
      default:
        if (!nodes.empty()) change(nodes[below(nodes.size())]);
    }
  }

 private:
  Json value(int depth) {
    Json object = Json::object();
    for (std::size_t i = below(3); i > 0; --i) {
      const std::string name(1, static_cast<char>('a' + below(3)));
      object.set(name,
                 depth > 0 && below(3) == 0 ? value(depth - 1) : Json(static_cast<int>(below(3))));
    }
    return object;
  }

  std::ptrdiff_t at(const Json::Array& nodes) {
    return static_cast<std::ptrdiff_t>(below(nodes.size()));
  }

  void change(Json& node) {
    if (!node.is_object()) return;
    const auto hash = [this] { return content_hash_text(sha256(std::to_string(below(3)))); };
    switch (below(11)) {
      case 0:
        node.set("action", below(2) == 0 ? "a.one" : "a.two");
        break;
      case 1:
        node.set("params", value(3));
        break;
      case 2:
        node.set("idempotencyKey", "k" + std::to_string(below(3)));
        break;
      case 3:
        node.set("irStepId", below(2) == 0 ? std::to_string(below(6)) : "");
        break;
      case 4:
        node.set("irStepId", "s" + std::to_string(below(6)));
        break;
      case 5:
        node.set("dependsOn", Json(Json::Array{std::to_string(below(3))}));
        break;
      case 6:
        node.set("budgetCents", static_cast<int>(below(3)));
        break;
      case 7:
        node.set("irStepHash", hash());
        break;
      case 8:
        std::shuffle(node.members().begin(), node.members().end(), random_);
        break;
      case 9:
        if (!node.members().empty()) {
          node.members().erase(node.members().begin() +
                               static_cast<std::ptrdiff_t>(below(node.members().size())));
        }
        break;
      default:
        if (below(10) == 0) node = Json(static_cast<int>(below(3)));
        if (below(10) == 1 && node.is_object()) node.set("more", 1);
    }
  }

  std::mt19937 random_;
};

// What a faithful DAG is, said in another way: node for node the members that a compiler writes.
bool is_faithful(const Plan& plan, const Json& dag) {
  Json expected = dag_of(plan);
  if (!dag.is_object() || dag.members().size() != 1) return false;
  const auto& nodes = dag.members()[0].second.items();
  if (nodes.size() != plan.steps.size()) return false;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    Json node = nodes[i];
    if (!node.is_object()) return false;
    // What means the same: no claim.
    if (node.find("irStepHash") == nullptr) {
      node.set("irStepHash", *nodes_of(expected)[i].find("irStepHash"));
    }
    if (node != nodes_of(expected)[i]) return false;
  }
  return true;
}

TEST(PlanDiff, H48_TheHashesAreOneExactlyIfEverythingMatches) {
  std::size_t ok_count = 0;
  for (std::uint32_t seed = 0; seed < 6000; ++seed) {
    Mutator mutator(seed);
    const Plan plan = mutator.plan();
    Json dag = dag_of(plan);
    for (std::size_t i = mutator.below(4); i > 0; --i) mutator.mutate(dag);
    const PlanDiff diff = diff_plan(plan, dag);
    ASSERT_EQ(diff.ok, is_faithful(plan, dag)) << seed << " " << json_text(dag);
    ASSERT_EQ(diff.dag_hash == ir_hash(plan), diff.ok) << seed << " " << json_text(dag);
    ASSERT_EQ(codes_of(diff).empty(), diff.ok) << seed;
    ASSERT_EQ(canonical_json(diff_plan(plan, dag).mismatch_details),
              canonical_json(diff.mismatch_details));
    if (diff.ok) ++ok_count;
  }
  EXPECT_GT(ok_count, 1000U);
  EXPECT_LT(ok_count, 5000U);
}

}  // namespace
}  // namespace assent
