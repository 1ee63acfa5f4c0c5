// An emergency: somebody whom the policy trusts with it lets one pending request run at once,
// without its quorum and evidence. That is no approval and never counts as one; its grant is short.
#pragma once

#include "app/decision.h"

namespace assent::app {

struct BreakGlass : DecideApproval {
  std::string incident_ref, justification;
};
void describe(Fields& fields, BreakGlass& in);
Result<void> prepare(BreakGlass& in, const Preparation& preparation);

struct GlassBroken {
  ApprovalId approval_id;
  Status status = Status::approved;
  GrantId grant_id;
  Timestamp expires_at;
  Timestamp used_at;
  PrincipalId used_by;
  std::optional<Refused> refused = {};
};
void describe(Fields& fields, GlassBroken& out);

Result<GlassBroken> break_glass(store::Write& write, const BreakGlass& in);

}  // namespace assent::app
