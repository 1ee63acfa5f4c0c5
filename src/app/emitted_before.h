// What the log says of an id that an emitter brings: nothing, that it is the same event again, or
// that it is another's.
#pragma once

#include "app/emit_events.h"
#include "domain/event.h"
#include "store/read.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace assent::app {

// Whether the emitter said the same both times: the same of the same thing, whoever brought it.
// What stands where a secret stood may have been anything, because what counts as a secret may
// have changed in between. REQUIRES: both were read from canonical bytes.
bool says_the_same(const StoredEvent& recorded, const StoredEvent& again);

// Before the writer's turn: where an event with that id is, of whatever kind and age, if that is
// for the index to say. REQUIRES: a snapshot.
Result<std::optional<std::uint64_t>> look_up(const EventId& id, const Preparation& preparation);

// On the writer: where the event is already; nothing if it is new, and then its id is that of what
// this job records next. Code::idempotency_conflict at its id if another event has it.
Result<std::optional<store::EventRef>> recorded_before(const store::Write& write,
                                                       const EmitEvents& in, std::size_t index);

}  // namespace assent::app
