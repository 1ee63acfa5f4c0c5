// What the log says of an id that an emitter brings: nothing, that it is the same event again, or
// that it is another's.
#pragma once

#include "app/emit_events.h"
#include "store/read.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace assent::app {

// How many bytes of what is recorded a request is compared with. What its author must send for that
// may be next to nothing, because a marker stands for whatever was taken out. The writer, which all
// tenants share, takes only little of it upon itself.
inline constexpr std::size_t kComparedBytesMax = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t kComparedOnWriterMax = std::size_t{16} * 1024;

// Before the writer's turn: where an event with that id is, of whatever kind and age, if that is
// for the index to say. REQUIRES: a snapshot.
Result<std::optional<std::uint64_t>> look_up(const EventId& id, const Preparation& preparation);

// Before the writer's turn too: whether the event with that index, which brought its id, is in the
// log already, or earlier in this request; it is said there. Takes what was compared from `left`:
// Code::too_large at the events if it is not enough, and Code::idempotency_conflict at the id if
// another event has it. REQUIRES: a snapshot; the event and those before it are rendered.
Result<void> settle(EmitEvents& in, std::size_t index, const Preparation& preparation,
                    std::size_t& left);

// On the writer, of what nobody settled: where the event is already; nothing if it is new, and then
// its id is that of what this job records next. Code::idempotency_conflict likewise, and
// Code::not_ready if `left` is not enough: then it has to be settled first.
Result<std::optional<store::EventRef>> recorded_before(const store::Write& write,
                                                       const EmitEvents& in, std::size_t index,
                                                       std::size_t& left);

}  // namespace assent::app
