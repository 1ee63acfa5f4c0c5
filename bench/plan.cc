// A claim about plans: one of a hundred steps is validated and hashed in at most 0.3 ms, which is
// what stands between an agent's plan and its answer besides the commit. In rounds that alternate
// with what is needed besides: reading the JSON, and the hash of a copy written as any JSON is.
//
//   build/release/plan_bench [policy.yaml]     examples/policies/brain.yaml unless said otherwise
#include "base/canonical.h"
#include "base/hash.h"
#include "domain/plan/check.h"
#include "domain/plan/diff.h"
#include "domain/policy.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>

namespace assent {
namespace {

constexpr int kRounds = 15;
constexpr int kPlansPerRound = 200;
constexpr std::size_t kSteps = 100;

// Of the processor, not of the clock on the wall: what else the machine does meanwhile is no part.
template <class Work>
double microseconds_each(const Work& work) {
  const std::clock_t begin = std::clock();
  for (int i = 0; i < kPlansPerRound; ++i) work();
  const auto ticks = static_cast<double>(std::clock() - begin);
  return ticks * 1e6 / CLOCKS_PER_SEC / kPlansPerRound;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Steps as an agent writes them: a handful of members, a list, a sentence, and each waits for the
// one before. A third of them touch what needs a person.
std::string plan_text() {
  Json steps = Json::array();
  for (std::size_t i = 0; i < kSteps; ++i) {
    const std::string number = std::to_string(i);
    Json params = Json::object(
        {{"model", i % 3 == 0 ? "account.move" : "res.partner"},
         {"ids", Json(Json::Array{1, 2, static_cast<int>(i)})},
         {"values",
          Json::object({{"note", "as agreed with the customer on Tuesday, case " + number},
                        {"site", "shop-eu-" + number},
                        {"active", true}})}});
    Json step = Json::object({{"action", "odoo.update"},
                              {"provider", "odoo"},
                              {"resource", i % 3 == 0 ? "account.move" : "res.partner/" + number},
                              {"params", std::move(params)},
                              {"idempotencyKey", "run-7f3a-step-" + number},
                              {"constraints", Json::object({{"environment", "staging"}})},
                              {"budgetCents", 500},
                              {"stepId", "step-" + number}});
    if (i > 0) step.set("dependsOn", Json(Json::Array{"step-" + std::to_string(i - 1)}));
    steps.push(std::move(step));
  }
  return json_text(Json::object({{"tenantId", "acme"},
                                 {"requestId", "req_123"},
                                 {"intentSummary", "Correct the invoices of last week."},
                                 {"steps", std::move(steps)}}));
}

Json dag_of(const Plan& plan) {
  Json nodes = Json::array();
  const Json semantic = semantic_json(plan);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    Json node = semantic.find("steps")->items()[i];
    std::erase_if(node.members(), [](const auto& member) { return member.first == "stepId"; });
    node.set("irStepId", step_id_of(plan, i));
    nodes.push(std::move(node));
  }
  return Json::object({{"nodes", std::move(nodes)}});
}

void measure(const PlanCatalogue& catalogue) {
  const std::string text = plan_text();
  const Json document = *parse_json(text);
  const Plan plan = *read_plan(document, "acme").plan;
  const Json dag = dag_of(plan);
  CHECK(check_plan(read_plan(document, "acme"), catalogue).status == PlanStatus::escalate);

  std::vector<double> validated, hashed, parsed, diffed, copied;
  std::size_t sum = 0;  // So that nothing is optimised away.
  for (int round = 0; round < kRounds; ++round) {
    validated.push_back(microseconds_each([&] {
      const PlanReading reading = read_plan(document, "acme");
      sum += check_plan(reading, catalogue).high_risk_steps.size();
      sum += ir_hash(*reading.plan).size();
    }));
    hashed.push_back(microseconds_each([&] { sum += ir_hash(plan).size(); }));
    parsed.push_back(microseconds_each([&] { sum += parse_json(text)->members().size(); }));
    diffed.push_back(microseconds_each([&] { sum += diff_plan(plan, dag).ok ? 1U : 0U; }));
    copied.push_back(microseconds_each(
        [&] { sum += content_hash_text(sha256(canonical_json(semantic_json(plan)))).size(); }));
  }
  CHECK(sum > 0 && diff_plan(plan, dag).ok);
  std::printf("| of a plan of %zu steps, %zu bytes | median of %d rounds |\n|---|---|\n", kSteps,
              text.size(), kRounds);
  const auto row = [](const char* what, const std::vector<double>& values) {
    std::printf("| %s | %.3f ms |\n", what, median(values) / 1000);
  };
  row("validate and hash (claim: at most 0.3 ms)", validated);
  row("of which the hash", hashed);
  row("the hash of a copy, written as any JSON", copied);
  row("reading the JSON, before", parsed);
  row("diff with its DAG", diffed);
}

}  // namespace
}  // namespace assent

int main(int argc, char** argv) {
  std::ifstream file(argc > 1 ? argv[1] : "examples/policies/brain.yaml");
  std::stringstream yaml;
  yaml << file.rdbuf();
  const auto policy = assent::policy_from_yaml(yaml.str());
  if (!policy) {
    std::fprintf(stderr, "%s\n", policy.error().detail.c_str());
    return 1;
  }
  assent::measure(policy->plans);
  return 0;
}
