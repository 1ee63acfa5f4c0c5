// What expires next, over all tenants: for the timer.
#pragma once

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

}  // namespace assent::store
