#include "domain/plan/catalogue.h"

#include "domain/plan/testing_plan.h"

namespace assent {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::catalogue_of;

// The path of the first fault of a policy with these plans, and what is wrong there.
std::string fault_of(const std::string& plans) {
  const auto policy = policy_from_yaml("version: 1\nplans: " + plans + "\n");
  if (policy) return {};
  const FieldError& first = policy.error().fields.at(0);
  return first.path + " " + first.message;
}

// The same, with providers and actions that others refer to.
std::string fault_with(const std::string& more) {
  return fault_of("{providers: [p, q], actions: {a.b: {providers: [p]}}, " + more + "}");
}

const PolicyEntry& plan_entry(const Policy& policy, RiskTier tier) {
  return policy.plan_entries.at(static_cast<std::size_t>(tier));
}

Policy policy_of(const std::string& yaml) {
  auto policy = policy_from_yaml("version: 1\n" + yaml);
  EXPECT_TRUE(policy) << (policy ? "" : policy.error().detail);
  return policy ? std::move(*policy) : default_policy();
}

TEST(PlanCatalogue, EveryMemberIsRead) {
  const PlanCatalogue catalogue = catalogue_of(R"yaml(
  escalateFrom: high
  providers: [p, q]
  actions:
    a.b: {riskTier: low, providers: [p, q], description: what it does}
    a.c: {providers: [q]}
  environments:
    - {words: [Production, prod], riskTier: critical, reason: There}
  resources:
    - {names: ["Account.*"], actions: ["a.*"], params: [Model], riskTier: high, reason: Money}
  bulk:
    - {above: 10, numbers: ["*_count"], flags: [all], riskTier: medium, reason: Many}
  approvers: [{role: admin, count: 2}]
  evidence: {required: true}
  expiresAfter: 2h
  grantExpiresAfter: 90s
  maxAttempts: 2
  maxDefers: 1
  lease: 5m
  proof: {required: true}
)yaml");
  EXPECT_EQ(catalogue.escalate_from, RiskTier::high);
  EXPECT_EQ(catalogue.providers, (std::set<std::string, std::less<>>{"p", "q"}));
  ASSERT_EQ(catalogue.actions.size(), 2U);
  EXPECT_EQ(catalogue.actions.at("a.b").risk_tier, RiskTier::low);
  EXPECT_EQ(catalogue.actions.at("a.b").providers, (std::vector<std::string>{"p", "q"}));
  EXPECT_FALSE(catalogue.actions.at("a.c").risk_tier);
  ASSERT_EQ(catalogue.environments.size(), 1U);
  EXPECT_EQ(catalogue.environments[0].words, (std::vector<std::string>{"production", "prod"}));
  EXPECT_EQ(catalogue.environments[0].risk_tier, RiskTier::critical);
  ASSERT_EQ(catalogue.resources.size(), 1U);
  EXPECT_EQ(catalogue.resources[0].names, std::vector<std::string>{"account.*"});
  EXPECT_EQ(catalogue.resources[0].params, std::vector<std::string>{"model"});
  EXPECT_EQ(catalogue.resources[0].reason, "Money");
  ASSERT_EQ(catalogue.bulk.size(), 1U);
  EXPECT_EQ(catalogue.bulk[0].above, 10);
  EXPECT_EQ(catalogue.bulk[0].risk_tier, RiskTier::medium);
  EXPECT_EQ(catalogue.terms.grant_expires_after, seconds(90));
  EXPECT_EQ(catalogue.terms.max_attempts, 2);
  EXPECT_EQ(catalogue.terms.requires_proof, true);
}

TEST(PlanCatalogue, WithoutOneNothingIsKnownAndMediumEscalates) {
  const Policy policy = default_policy();
  EXPECT_TRUE(policy.plans.actions.empty());
  EXPECT_TRUE(policy.plans.providers.empty());
  EXPECT_EQ(policy.plans.escalate_from, RiskTier::medium);
}

TEST(PlanCatalogue, AMisspeltGuardIsRefusedWithItsPath) {
  EXPECT_EQ(fault_of("[]"), "plans must be a map");
  EXPECT_EQ(fault_with("escalateForm: low").substr(0, 37), "plans.escalateForm is not known here;");
  EXPECT_EQ(fault_with("escalateFrom: 2"),
            "plans.escalateFrom must be one of none low medium high critical");
  EXPECT_EQ(fault_of("{actions: {a: {providers: [p], tier: low}}, providers: [p]}").substr(0, 39),
            "plans.actions.a.tier is not known here;");
  EXPECT_EQ(fault_of("{actions: {a: {riskTier: low}}}"), "plans.actions.a.providers is missing");
  EXPECT_EQ(fault_of("{actions: {a: {providers: []}}}"),
            "plans.actions.a.providers must be a list of 1 to 200 texts");
  EXPECT_EQ(fault_of("{actions: {a: {providers: [r]}}, providers: [p]}"),
            "plans.actions.a.providers[0] is not among plans.providers");
  EXPECT_EQ(fault_of("{providers: [p, p]}"), "plans.providers[1] occurs twice");
  EXPECT_EQ(fault_with("environments: {words: [a]}"),
            "plans.environments must be a list of at most 100 classes");
  EXPECT_EQ(fault_with("environments: [{words: [a]}]"),
            "plans.environments[0].riskTier is missing");
  EXPECT_EQ(fault_with("environments: [{riskTier: low}]"),
            "plans.environments[0].words is missing");
  EXPECT_EQ(
      fault_with("environments: [{riskTier: low, words: [eu-prod]}]"),
      "plans.environments[0].words[0] can never be found: a word has letters and digits only");
  EXPECT_EQ(fault_with("resources: [{riskTier: low}]"), "plans.resources[0].names is missing");
  EXPECT_EQ(fault_with("resources: [{riskTier: low, names: [x], actions: [\"c.*\"]}]"),
            "plans.resources[0].actions[0] is no action of plans.actions");
  EXPECT_EQ(fault_with("bulk: [{riskTier: low}]"), "plans.bulk[0].above is missing");
  EXPECT_EQ(fault_with("bulk: [{riskTier: low, above: -1}]"),
            "plans.bulk[0].above must be a whole number from 0 to 1000000000");
  EXPECT_EQ(fault_with("executor: {url: \"https://a.example\"}").substr(0, 33),
            "plans.executor is not known here;");
  EXPECT_EQ(fault_with("approvers: [{group: nobody}]").substr(0, 15), "plans.approvers");
}

TEST(PlanCatalogue, ATokenLastsFromASecondToADay) {
  EXPECT_EQ(fault_with("grantExpiresAfter: 1s"), "");
  EXPECT_EQ(fault_with("grantExpiresAfter: 24h"), "");
  EXPECT_EQ(fault_with("grantExpiresAfter: 0s"),
            "plans.grantExpiresAfter must be a duration like 30s, 90m, 48h or 7d");
  EXPECT_EQ(fault_with("grantExpiresAfter: 86401s"),
            "plans.grantExpiresAfter must be a duration from 1s to 24h");
}

TEST(PlanCatalogue, AnEscalatedPlanIsAnsweredByDefaultsThenItsTierThenThePlans) {
  const Policy policy = policy_of(R"yaml(
defaults: {decision: allow, expiresAfter: 10h, maxAttempts: 5, executor: {url: "https://a.example"}}
tiers:
  high: {expiresAfter: 5h, lease: 2h, grantExpiresAfter: 48h}
  critical: {approvers: [{role: admin, count: 2}]}
plans:
  lease: 3h
  proof: {required: true}
)yaml");
  const PolicyEntry& medium = plan_entry(policy, RiskTier::medium);
  EXPECT_EQ(medium.decision, PolicyDecision::human);
  EXPECT_EQ(medium.risk_tier, RiskTier::medium);
  EXPECT_EQ(medium.expires_after, hours(10));
  EXPECT_EQ(medium.grant_expires_after, hours(1));
  EXPECT_EQ(medium.max_attempts, 5);
  EXPECT_EQ(medium.lease, hours(3));
  EXPECT_TRUE(medium.requires_proof);
  EXPECT_FALSE(medium.executor);
  EXPECT_EQ(medium.quorum, default_policy().defaults.quorum);
  const PolicyEntry& high = plan_entry(policy, RiskTier::high);
  EXPECT_EQ(high.risk_tier, RiskTier::high);
  EXPECT_EQ(high.expires_after, hours(5));
  EXPECT_EQ(high.grant_expires_after, hours(24));
  EXPECT_NE(plan_entry(policy, RiskTier::critical).quorum, medium.quorum);
  EXPECT_EQ(plan_entry(default_policy(), RiskTier::none).grant_expires_after, hours(1));
}

}  // namespace
}  // namespace assent
