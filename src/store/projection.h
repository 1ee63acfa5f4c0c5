// The one function from events to state. The writer calls it as it records, `assent verify` and a
// rebuild call it as they replay: that is why state equals replay by construction.
//
// Depends on nothing but the event and the tables: no clock, no caller, no randomness.
#pragma once

#include <span>

#include "base/result.h"
#include "domain/event.h"
#include "store/connection.h"

namespace assent::store {

// What projecting needs of an event.
struct Fact {
  std::int64_t tenant = 0;  // The tenant's number.
  std::uint64_t sequence = 0;
  Timestamp time;
  const EventId& id;
  std::string_view type;
  std::string_view subject;
  std::string_view correlation_id;
  const Json& data;  // With its actor.
};

// Applies the fact to the state tables. Code::corrupt if a governed event lacks a field that its
// state needs (a defect of ours when recording, tampering when replaying). Emitted types do nothing.
Result<void> project(Connection& connection, const Fact& fact);

// Every table that project() maintains, for comparing live state with a replay, in the order
// `{table, columns of its key, all columns}`.
struct StateTable {
  std::string_view name;
  std::string_view select_all;  // Ordered by key.
};
std::span<const StateTable> state_tables();

}  // namespace assent::store
