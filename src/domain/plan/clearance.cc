#include "domain/plan/clearance.h"

namespace assent {
namespace {

std::optional<GrantRefusal> missing_approval(const PlanEvidence& evidence) {
  if (evidence.approval == nullptr || evidence.grant == nullptr) return GrantRefusal::not_approved;
  return refuse_start(*evidence.approval, *evidence.grant, evidence.latest, evidence.now);
}

}  // namespace

std::vector<GrantRefusal> missing_for_clearance(const PlanEvidence& evidence) {
  std::vector<GrantRefusal> missing;
  if (!evidence.validated) {
    missing.push_back(GrantRefusal::not_validated);
  } else if (*evidence.validated == PlanStatus::reject) {
    missing.push_back(GrantRefusal::plan_rejected);
  }
  // A plan that nobody validated is one that nobody passed.
  if (evidence.validated != PlanStatus::pass) {
    if (const auto refusal = missing_approval(evidence)) missing.push_back(*refusal);
  }
  if (!evidence.diff_matches) {
    missing.push_back(GrantRefusal::diff_missing);
  } else if (!*evidence.diff_matches) {
    missing.push_back(GrantRefusal::diff_failed);
  }
  if (evidence.is_stopped) missing.push_back(GrantRefusal::kill_switch);
  return missing;
}

}  // namespace assent
