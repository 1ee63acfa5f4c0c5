// The one function from events to state. The writer calls it as it records, `assent verify` and a
// rebuild call it as they replay: that is why state equals replay by construction.
//
// Depends on nothing but the event and the tables: no clock, no caller, no randomness.
#pragma once

#include "base/result.h"
#include "domain/event.h"
#include "store/connection.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

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
  std::optional<EventId> causation = std::nullopt;
};

// Applies the fact to the state tables. An emitted event counts in its producer's numbers, opens an
// obligation (`data.dueAt` says until when) or closes the one that it names as its cause; one that
// does nothing of it changes nothing. Code::corrupt if a governed event
// lacks a field that its state needs, if its type is unknown to this version, or if the state is
// not the one it starts from (a defect of ours when recording, tampering when replaying). Else the
// connection's errors. After an Error the tables may hold half of the fact: roll back.
Result<void> project(Connection& connection, const Fact& fact);

// Whether an emitted event may have state to apply: false is certain, and true is not.
bool may_have_state(const EventView& event);

// Every type that project() knows by name; `approval.blocked.<refusal>` comes besides.
std::vector<std::string_view> projected_types();

// A table that project() maintains, for comparing live state with a replay.
struct StateTable {
  enum class Kind { integer, text, bytes };
  struct Column {
    std::string_view name;
    Kind kind;
  };

  std::string_view name;
  std::string_view select_all;      // Every row, ordered by key.
  std::span<const Column> columns;  // As selected: the key first.
  std::size_t key_columns;          // How many of them are the key; the first is the tenant.
  std::string_view delete_all = {};
};
std::span<const StateTable> state_tables();

}  // namespace assent::store
