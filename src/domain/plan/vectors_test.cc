// The hashes that another implementation has, and the examples that people start from.
#include "base/canonical.h"
#include "domain/plan/testing_plan.h"

#include <fstream>
#include <sstream>

namespace assent {
namespace {

using testing::json_of;
using testing::plan_of;

std::string file_text(const std::string& path) {
  std::ifstream file(std::string(ASSENT_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

TEST(PlanVectors, H44_AnotherImplementationHasTheSameHashes) {
  const Json vectors = json_of(file_text("tests/vectors/plan/vectors.json"));
  ASSERT_GT(vectors.items().size(), 10U);
  for (const auto& vector : vectors.items()) {
    const Plan plan = plan_of(*vector.find("plan"));
    EXPECT_EQ(ir_hash(plan), *vector.string_at("irHash")) << *vector.string_at("name");
  }
}

TEST(PlanVectors, H48_TheExampleNeedsAPersonAndItsDagIsIt) {
  const auto policy = policy_from_yaml(file_text("examples/policies/brain.yaml"));
  ASSERT_TRUE(policy) << (policy ? "" : policy.error().detail);
  const PlanReading reading = read_plan(json_of(file_text("examples/plans/month_end.json")), "x");
  ASSERT_TRUE(reading.plan);
  const PlanVerdict verdict = check_plan(reading, policy->plans);
  EXPECT_EQ(verdict.status, PlanStatus::escalate);
  EXPECT_TRUE(verdict.violations.empty());
  ASSERT_EQ(verdict.high_risk_steps.size(), 1U);
  EXPECT_EQ(verdict.high_risk_steps[0].step_index, 1U);
  EXPECT_EQ(verdict.high_risk_steps[0].reason, "Critical Odoo model: account.move");

  const Json dag = json_of(file_text("examples/plans/month_end.dag.json"));
  const PlanDiff diff = diff_plan(*reading.plan, dag);
  EXPECT_TRUE(diff.ok) << canonical_json(diff.mismatch_details);
  EXPECT_EQ(diff.dag_hash, ir_hash(*reading.plan));
}

// What BRAiN's code calls its actions and providers, and its specification of events besides.
TEST(PlanVectors, H43_TheWholeCatalogueOfBrainIsThere) {
  const auto policy = policy_from_yaml(file_text("examples/policies/brain.yaml"));
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->plans.actions.size(), 35U);
  EXPECT_EQ(policy->plans.providers.size(), 14U);
  for (const auto& [name, action] : policy->plans.actions) {
    EXPECT_TRUE(action.risk_tier) << name;
    for (const std::string_view part : {"delete", "destroy", "uninstall"}) {
      if (name.find(part) == std::string::npos) continue;
      EXPECT_EQ(action.risk_tier, RiskTier::high) << name;
    }
  }
  EXPECT_TRUE(warnings(*policy).empty());
}

}  // namespace
}  // namespace assent
