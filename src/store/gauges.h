// How much of what there is at this moment, over all tenants: numbers for operators, read from the
// state tables.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "store/connection.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace assent::store {

struct StateGauge {
  std::string_view name;
  std::string_view help;
  std::string_view sql;     // One row, one number; answered by an index, whatever the log's size.
  bool takes_time = false;  // Whether $1 is the time of asking.
};

// The table of them all. A gauge more is a row more.
std::span<const StateGauge> state_gauges();

// Their values, in the order of the table.
Result<std::vector<std::int64_t>> read_gauges(Connection& connection, Timestamp now);

}  // namespace assent::store
