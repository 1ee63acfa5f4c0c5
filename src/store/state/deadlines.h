// What falls due, over all tenants: what expires next, and what the server has to execute.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "store/connection.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace assent::store {

// The earliest deadline of a pending approval, an unused grant or a lease; nothing if none. It is
// still in time at that moment and overdue a microsecond later.
Result<std::optional<Timestamp>> next_deadline(Connection& connection);

// The numbers of the tenants for which something's deadline is before `now`, ascending.
Result<std::vector<std::int64_t>> tenants_with_overdue(Connection& connection, Timestamp now);

// An approval that the server has to execute: approved, with an executor, a grant that is in time,
// nothing running and an attempt left.
struct ToExecute {
  std::int64_t tenant = 0;
  ApprovalId approval;
};
// Those after this one, in order of tenant and id.
Result<std::vector<ToExecute>> to_execute(Connection& connection, const ToExecute& after,
                                          Timestamp now, std::int64_t limit);

}  // namespace assent::store
