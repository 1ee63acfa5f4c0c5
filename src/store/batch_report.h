// What the writer tells after every batch, to whoever counts.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace assent::store {

// A governed event, as far as it is counted: never whose it is, nor what it says.
struct CountedEvent {
  std::string type;
  std::string reason;  // A refusal's, one of a closed set; else empty.
};

// Valid during the call that brings it. The events are those of the commit: none if it failed, and
// none if it is uncertain, though the log may then have them.
struct BatchReport {
  std::size_t jobs = 0;
  std::chrono::nanoseconds duration{};  // From BEGIN until all of it is durable.
  bool is_committed = false;
  std::uint64_t emitted_events = 0;
  std::span<const CountedEvent> governed_events = {};
};

}  // namespace assent::store
