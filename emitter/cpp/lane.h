// What waits to be sent, tenant by tenant.
#pragma once

#include "emitter/cpp/spool.h"

#include <assent/emitter.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace assent::emitter {

using Moment = std::chrono::steady_clock::time_point;

// What the server takes at once.
inline constexpr std::size_t kBatchEventsMax = 1000;
inline constexpr std::size_t kBatchBytesMax = 1024 * 1024;

// Somebody who waits for one event. It lives on that one's stack, and leaves the lane before.
struct Waiter {
  std::string traceparent;
  std::optional<Result<Receipt>> outcome = {};
};

struct Item {
  Entry entry;
  Moment since;
  Waiter* waiter = nullptr;  // Then it is sent by itself, with its trace.
};

// Copies of what is at the front of a lane.
struct Batch {
  std::vector<Entry> entries;
  bool is_alone = false;
  std::string traceparent;
  std::uint64_t ordinal = 0;  // The greatest in it.
};

// The events of one tenant, in order. A tenant whose key fails holds up nobody else. Guarded by the
// Flusher's mutex, but for the tenant's name.
struct Lane {
  explicit Lane(std::string name) : tenant(std::move(name)) {}

  bool is_hurried() const { return settled < hurried_to; }
  Batch batch() const;

  const std::string tenant;
  std::deque<Item> items;
  std::uint64_t added = 0;
  std::uint64_t settled = 0;
  std::uint64_t hurried_to = 0;  // Somebody waits for so many of them.
  unsigned failures = 0;
  Moment not_before = {};
};

}  // namespace assent::emitter
