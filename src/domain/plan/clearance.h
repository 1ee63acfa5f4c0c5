// Clearance: whether a plan may run now. Pure.
//
// Three things come together, each about the same hash: the plan passed, or people approved it and
// the grant's token was presented; what will run was compared with it and is the same; nobody has
// pulled a kill switch that means it.
#pragma once

#include "domain/approval.h"
#include "domain/plan/check.h"

#include <optional>
#include <vector>

namespace assent {

struct PlanEvidence {
  std::optional<PlanStatus> validated;  // Nothing: no plan with this hash was.
  // Of a plan that needs one: the approval, its grant and its last attempt; null where none.
  const Approval* approval = nullptr;
  const Grant* grant = nullptr;
  std::optional<Execution> latest;
  std::optional<bool> diff_matches;  // Nothing: it was never compared.
  bool is_stopped = false;
  Timestamp now;
};

// Everything that is missing, each by its name, in the order in which one would get it. Empty: it
// may run.
std::vector<GrantRefusal> missing_for_clearance(const PlanEvidence& evidence);

}  // namespace assent
