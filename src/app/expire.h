// Deadlines: an approval nobody decided in time is denied, a grant nobody used in time is void, an
// execution nobody completed in time is unknown.
//
// A deadline is observed by whoever comes first: a decision, a start, or the timer. Because the
// transition is one compare-and-set on the one writer thread, it is recorded exactly once.
#pragma once

#include "app/operation.h"
#include "app/tenant_timer.h"
#include "domain/approval.h"

namespace assent::app {

// Records `approval.expired` if the deadline has passed and it is still pending. Code::not_found if
// there is no such approval.
Result<void> expire_if_overdue(store::Write& write, const ApprovalId& approval);
// The same for a grant: `grant.expired`.
Result<void> expire_if_overdue(store::Write& write, const Grant& grant, const Approval& approval);

// Everything of the tenant that is overdue, at most `limit` of each kind.
Result<void> expire_overdue(store::Write& write, std::int64_t limit);

// Expires what is overdue, a quarter of a second late at the most.
TimerTask expiry_task();

}  // namespace assent::app
