// The ids that emitters brought with their events, remembered so that an event that comes again is
// known, and so that hardly any id has to be looked for in the log.
//
// An id is remembered for some days after the time that it claims, not after it came: so what is
// remembered is complete for every id that claims to be young, however late or early it came.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "domain/event.h"
#include "store/read.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace assent::store {

// Which ids what is remembered decides alone: whose absence there means that no event has them.
// Of the others the index is asked. Thread-safe.
class RememberedIds {
 public:
  // Of what was recorded before this store remembered anything it says nothing.
  static Result<std::unique_ptr<RememberedIds>> load(Connection& connection);

  // The last event of a log has that time. What is forgotten goes by the logs' times, so a clock
  // that was set back must not make an id look younger than it was when it was forgotten.
  void note(Timestamp log_time);

  bool decide(const EventId& id, Timestamp now) const;

 private:
  explicit RememberedIds(Timestamp since) : since_(since) {}
  const Timestamp since_;
  std::atomic<Timestamp> log_time_ = Timestamp();
};

// Remembers the id as that of the event which this job records next; if it is remembered already,
// says where its event is instead.
Result<std::optional<std::uint64_t>> claim_event_id(const Write& write, const EventId& id);

// Forgets what is not young any more, the oldest first, looking at `limit` at most.
Result<void> forget_event_ids(const Write& write, std::int64_t limit);

}  // namespace assent::store
