// Whatever the DAG, the diff answers; and it is ok exactly if the hashes are one. The input is a
// DAG, or `{"plan": …, "dag": …}`.
#include "base/canonical.h"
#include "base/hash.h"
#include "base/text.h"
#include "domain/plan/diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace {

using namespace assent;

constexpr std::string_view kPlan = R"json({"tenantId": "acme", "steps": [
  {"action": "a.one", "provider": "p", "resource": "r", "params": {"n": 1},
   "idempotencyKey": "k0", "constraints": {}, "stepId": "first"},
  {"action": "a.two", "provider": "p", "resource": "r", "params": {},
   "idempotencyKey": "k1", "constraints": {}, "budgetCents": 5, "dependsOn": ["first"]}]})json";

void check(const Plan& plan, const Json& dag) {
  const PlanDiff diff = diff_plan(plan, dag);
  CHECK(content_hash_from_text(diff.dag_hash).has_value());
  CHECK(diff.ok == (diff.dag_hash == ir_hash(plan)));
  const std::string details = canonical_json(diff.mismatch_details);
  CHECK(is_utf8(details));
  for (const std::string_view name : {"missingIrSteps", "extraDagNodes", "hashMismatches"}) {
    const Json* const list = diff.mismatch_details.find(name);
    CHECK(list != nullptr && list->items().size() <= kDagNodesMax);
    CHECK(!diff.ok || list->items().empty());
  }
  const auto& violations = diff.mismatch_details.find("violations")->items();
  CHECK(diff.ok == violations.empty() && violations.size() <= kPlanViolationsMax);
  for (const auto& each : violations) {
    const auto codes = plan_codes();
    CHECK(std::any_of(codes.begin(), codes.end(),
                      [&each](const auto& row) { return row.code == each.string_at("code"); }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Plan kSmall = *read_plan(*parse_json(kPlan), "acme").plan;
  const auto document = parse_json({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  check(kSmall, *document);
  const Json* const dag = document->find("dag");
  const Json* const plan = document->find("plan");
  if (dag == nullptr || plan == nullptr) return 0;
  const PlanReading reading = read_plan(*plan, "acme");
  if (reading.plan) check(*reading.plan, *dag);
  return 0;
}
