// Is what will run exactly what was approved: a plan against the DAG that was compiled from it.
// Pure.
//
// The DAG's nodes carry their content, which is hashed here; a hash that a node claims is compared
// and never trusted.
#pragma once

#include "domain/plan/plan.h"

#include <cstddef>
#include <string>

namespace assent {

inline constexpr std::size_t kDagNodesMax = kPlanStepsMax;

struct PlanDiff {
  bool ok = false;
  // The ir_hash of the plan that the nodes, in their own order, are: that of the plan itself
  // exactly if `ok`. A DAG that is malformed, or claims what is not so, has a hash that no plan can
  // have.
  std::string dag_hash;
  std::size_t dag_node_count = 0;
  // `{missingIrSteps: [step index…], extraDagNodes: [node position…], hashMismatches: [{stepIndex,
  // irStepHash, dagNodeHash}], violations: [{nodeIndex?, code, message}]}`. Of the last two at most
  // a hundred are listed; a violation MORE_VIOLATIONS says how many more there are.
  Json mismatch_details;
};

// `dag` is `{"nodes": [{irStepId, irStepHash?, action, provider, resource, params, idempotencyKey,
// constraints, budgetCents?, dependsOn?}]}`. Whatever else it is, the diff fails and says why.
// REQUIRES: read_plan made `plan`, and parse_json `dag`.
PlanDiff diff_plan(const Plan& plan, const Json& dag);

}  // namespace assent
