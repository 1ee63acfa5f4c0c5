// What will run, a DAG of nodes with their content, is compared with the plan. Assent hashes the
// content itself: what a node claims about itself proves nothing.
#pragma once

#include "app/operation.h"
#include "domain/plan/diff.h"

#include <cstdint>
#include <optional>
#include <string>

namespace assent::app {

struct DiffPlan {
  std::optional<std::string> ir_hash;  // Of a plan that was validated; or
  std::optional<JsonObject> plan;      // the plan itself.
  JsonObject dag;

  // Made by prepare().
  std::string hash;
  std::optional<std::string> request_id;
  std::int64_t step_count = 0;
  PlanDiff diff;
};
void describe(Fields& fields, DiffPlan& in);
Result<void> prepare(DiffPlan& in, const Preparation& preparation);
bool blocks(const DiffPlan& in);

struct PlanCompared {
  bool all_hashes_match = false;
  std::string ir_hash;
  std::string dag_hash;
  std::string request_id;
  std::int64_t step_count = 0;
  std::int64_t dag_node_count = 0;
  std::optional<Json> mismatch_details;
  Timestamp verified_at;
};
void describe(Fields& fields, PlanCompared& out);

Result<PlanCompared> diff_plan(store::Write& write, const DiffPlan& in);

}  // namespace assent::app
