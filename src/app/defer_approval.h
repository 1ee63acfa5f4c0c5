// A person needs more time: the deadline moves by whole hours, a bounded number of times.
#pragma once

#include "app/decision.h"

namespace assent::app {

struct Defer : DecideApproval {
  std::int64_t hours = 0;
};
void describe(Fields& fields, Defer& in);
Result<void> prepare(Defer& in, const Preparation& preparation);

struct Deferred {
  ApprovalId approval_id;
  Status status = Status::pending;
  Timestamp expires_at;
  std::int64_t defers = 0, max_defers = 0;
  std::optional<Refused> refused = {};
};
void describe(Fields& fields, Deferred& out);

Result<Deferred> defer(store::Write& write, const Defer& in);

}  // namespace assent::app
