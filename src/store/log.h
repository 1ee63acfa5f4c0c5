// The events themselves, by their place in the tenant's log.
#pragma once

#include "base/result.h"
#include "store/read.h"
#include "store/search/search.h"

#include <cstdint>
#include <string>
#include <vector>

namespace assent::store {

// The canonical bytes. Code::not_found beyond the log's size as of this snapshot.
Result<std::string> event_at(const Read& read, std::uint64_t sequence);

// The event in a place where one is known to be, also one of the open transaction. Code::corrupt if
// it is not there or cannot be read.
Result<StoredEvent> recorded_event(const Read& read, std::uint64_t sequence);

// Events [begin, end), cut to the log's size and to `limit`, ascending.
struct EventRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::size_t limit = 100;
};
Result<std::vector<FoundEvent>> events_between(const Read& read, const EventRange& range);

}  // namespace assent::store
