// What was approved and never started is given up: its grant is void from then on.
#pragma once

#include "app/decision.h"

namespace assent::app {

struct Abandon : DecideApproval {};
void describe(Fields& fields, Abandon& in);
Result<void> prepare(Abandon& in, const Preparation& preparation);

struct Abandoned {
  ApprovalId approval_id;
  Status status = Status::abandoned;
  Timestamp abandoned_at;
  PrincipalId abandoned_by;
  std::optional<Refused> refused = {};
};
void describe(Fields& fields, Abandoned& out);

Result<Abandoned> abandon(store::Write& write, const Abandon& in);

}  // namespace assent::app
