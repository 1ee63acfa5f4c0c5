// Whatever the document, it is a plan or has named faults; and a plan is hashed as RFC 8785 says,
// is judged, and is its own DAG.
#include "base/canonical.h"
#include "base/hash.h"
#include "base/text.h"
#include "domain/plan/check.h"
#include "domain/plan/diff.h"
#include "domain/policy.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace assent;

constexpr std::string_view kPolicy = R"yaml(
version: 1
plans:
  providers: [odoo, infra]
  actions:
    odoo.update: {riskTier: none, providers: [odoo]}
    odoo.read: {providers: [odoo]}
    infra.scale: {riskTier: low, providers: [infra]}
  environments:
    - {words: [production, prod, live], riskTier: medium}
    - {words: [dev], riskTier: low}
  resources:
    - {names: ["account.*", "*order*"], params: [model], riskTier: high}
  bulk:
    - {above: 3, numbers: [limit, "*count*"], flags: [bulk], riskTier: critical}
)yaml";

void check_violations(const std::vector<PlanViolation>& violations) {
  CHECK(violations.size() <= kPlanViolationsMax);
  for (const auto& each : violations) {
    const auto codes = plan_codes();
    CHECK(std::any_of(codes.begin(), codes.end(),
                      [&each](const auto& row) { return row.code == each.code; }));
    CHECK(is_utf8(canonical_json(to_json(each))));
    CHECK(each.message.size() < 500 && each.path.size() < 500);
  }
}

Json dag_of(const Plan& plan) {
  Json nodes = Json::array();
  const Json semantic = semantic_json(plan);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    Json node = semantic.find("steps")->items()[i];
    std::erase_if(node.members(), [](const auto& member) { return member.first == "stepId"; });
    node.set("irStepId", step_id_of(plan, i));
    node.set("irStepHash", step_hash(plan.steps[i]));
    nodes.push(std::move(node));
  }
  return Json::object({{"nodes", std::move(nodes)}});
}

void check_plan_itself(const Plan& plan) {
  const std::string hash = ir_hash(plan);
  const Json semantic = semantic_json(plan);
  CHECK(hash == content_hash_text(sha256(canonical_json(semantic))));
  const PlanReading again = read_plan(semantic, "another");
  CHECK(again.plan && ir_hash(*again.plan) == hash);
  const PlanDiff diff = diff_plan(plan, dag_of(plan));
  CHECK(diff.ok && diff.dag_hash == hash);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Policy kRead = *policy_from_yaml(kPolicy);
  const auto document = parse_json({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  const PlanReading reading = read_plan(*document, "acme");
  check_violations(reading.violations);
  const bool has_error =
      std::any_of(reading.violations.begin(), reading.violations.end(),
                  [](const auto& each) { return each.severity == ViolationSeverity::error; });
  CHECK(reading.plan.has_value() != has_error);
  if (reading.plan) check_plan_itself(*reading.plan);

  for (const PlanCatalogue& catalogue : {kRead.plans, PlanCatalogue()}) {
    const PlanVerdict verdict = check_plan(reading, catalogue);
    check_violations(verdict.violations);
    CHECK(verdict.requires_approval == (verdict.status == PlanStatus::escalate));
    CHECK(!has_error || verdict.status == PlanStatus::reject);
    for (const auto& step : verdict.high_risk_steps) {
      CHECK(step.risk_tier >= catalogue.escalate_from && step.risk_tier <= verdict.risk_tier);
      CHECK(is_utf8(step.reason) && !step.reason.empty());
    }
  }
  return 0;
}
