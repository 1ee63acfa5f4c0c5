// What a policy says to a plan, found out once and kept in memory. A plan may have a megabyte, so
// that it is read and judged on a reader thread, and never on the writer, which all tenants share.
//
// An operation asks with judgement_of(). Where nobody has found out yet, it gets Code::not_ready
// and hands that on; the runner calls find_out() on a reader thread and runs the operation again.
#pragma once

#include "domain/plan/check.h"
#include "domain/policy.h"
#include "store/read.h"
#include "store/state/policies.h"

#include <string>
#include <vector>

namespace assent::app {

struct PlanJudgement {
  PlanStatus status = PlanStatus::reject;
  RiskTier risk_tier = RiskTier::high;
  std::vector<std::string> actions;  // Of its steps, each once.
};

// Of the plan with that hash by that policy. Never takes long; thread-safe.
Result<PlanJudgement> judgement_of(const std::string& ir_hash, const store::CurrentPolicy& policy);

// Finds out what `not_ready`, an Error of that code, says is missing, by the policy in force.
// REQUIRES: a reader thread.
Result<void> find_out(const store::Read& read, const Error& not_ready);

}  // namespace assent::app
