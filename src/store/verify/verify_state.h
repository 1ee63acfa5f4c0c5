// Part of verify: whether two databases have the same schema and the same state.
#pragma once

#include "base/result.h"
#include "store/connection.h"

#include <optional>
#include <string>

namespace assent::store {

struct StatePair {
  Connection& live;
  Connection& replayed;
};

// The first table, index or trigger that one has and the other has not, or not so: a sentence.
// Nothing: they are the same. SQLite only.
Result<std::optional<std::string>> schema_difference(const StatePair& pair);

// Where the first difference of the state tables is. `tenant` is a tenant's number.
struct StateDifference {
  std::int64_t tenant = 0;
  std::string what;  // Names table, key and column; never a value.
};
Result<std::optional<StateDifference>> state_difference(const StatePair& pair);

}  // namespace assent::store
