// What was begun and is to be finished: emitted events whose outcome is pending. Everything here is
// of the reader's tenant; errors as in approvals.h.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/words.h"
#include "store/read.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assent::store {

struct Obligation {
  EventId id;  // The event that opened it.
  std::string type;
  std::string target_type, target_id;
  ActorType actor_type = ActorType::agent;
  std::string actor_id;
  std::string correlation_id;
  Timestamp opened_at;
  Timestamp due_at;
  std::optional<EventId> closed_by;  // Nothing: it is open.
};

// Nothing if the event opened none, or one that is forgotten.
Result<std::optional<Obligation>> find_obligation(const Read& read, const EventId& id);

// The open ones, the one that is due first first.
struct ObligationFilter {
  std::optional<Timestamp> due_before = std::nullopt;  // Exclusive.
  std::optional<Timestamp> due_from = std::nullopt;    // Inclusive.
  // Those after this one.
  Timestamp after_due_at;
  EventId after_id;
  std::int64_t limit = 100;
};
Result<std::vector<Obligation>> open_obligations(const Read& read, const ObligationFilter& filter);

}  // namespace assent::store
