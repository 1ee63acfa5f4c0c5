// Time: microseconds UTC inside, RFC 3339 outside. The domain is told the time;
// only composition roots hold a Clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent {

using Microseconds = std::chrono::microseconds;
using Timestamp = std::chrono::sys_time<Microseconds>;

constexpr std::int64_t to_microseconds(Timestamp at) {
  return at.time_since_epoch().count();
}
constexpr Timestamp from_microseconds(std::int64_t count) {
  return Timestamp(Microseconds(count));
}

// RFC 3339 in UTC with six digits: `2026-01-19T22:26:59.790000Z`. Years 0000–9999; the nearest of
// these instants for one beyond, so that a far deadline never stops us.
std::string to_rfc3339(Timestamp at);

// Accepts RFC 3339 date-times with any offset, `T`/`t`, `Z`/`z`, one or more digits of
// fraction (beyond microseconds must be absent or zero), years 1970–9999. Nothing otherwise.
// A leap second (:60) is refused: it has no microsecond of its own.
std::optional<Timestamp> from_rfc3339(std::string_view text);

// `48h`, `90m`, `30s`, `7d`; a whole positive number and one unit; at most 3650 days.
std::optional<std::chrono::seconds> duration_from_text(std::string_view text);

// Where "now" comes from. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

// The operating system's wall clock.
class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
};

// A clock that stands still until told otherwise. Thread-safe; for tests and simulations.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp at);
  Timestamp now() const override;
  void set(Timestamp at);
  void advance(Microseconds by);

 private:
  std::int64_t load() const;
  mutable std::int64_t count_;  // Accessed atomically.
};

}  // namespace assent
