// What has been over for so long that the state tables need not keep it. The log keeps everything.
// Everything here is of the reader's tenant; errors as in approvals.h.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "store/read.h"

#include <cstdint>
#include <vector>

namespace assent::store {

// Terminal approvals (rejected, expired, cancelled, executed, abandoned) that left `pending`
// before, the oldest first. Not those that still answer for their deduplication key (a rejected or
// abandoned one), nor those with an open escalation.
Result<std::vector<ApprovalId>> prunable_approvals(const Read& read, Timestamp before,
                                                   std::int64_t limit);

// Rules revoked or expired before, and exhausted ones made before.
Result<std::vector<RuleId>> prunable_rules(const Read& read, Timestamp before, std::int64_t limit);

// Obligations closed before. Never an open one.
Result<std::vector<EventId>> prunable_obligations(const Read& read, Timestamp before,
                                                  std::int64_t limit);

}  // namespace assent::store
