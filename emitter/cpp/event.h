// An event, checked and without secrets, as the bytes that are spooled and sent.
#pragma once

#include "base/random.h"
#include "base/redact.h"
#include "base/time.h"

#include <assent/emitter.h>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace assent::emitter {

inline constexpr std::size_t kEventBytesMax = 32 * 1024;
inline constexpr std::size_t kInlineDataBytesMax = 16 * 1024;
inline constexpr std::size_t kDataBytesMax = 1024 * 1024;

// Who numbers an event, and which number it has.
struct Numbered {
  std::string_view producer;
  std::uint64_t sequence = 0;
};

// Final but for the producer's number, which is only known when the spool takes it.
struct Prepared {
  std::string id;
  std::string tenant;
  std::string json;                      // Without its `producer`, …
  std::size_t producer_at = 0;           // … which would stand there.
  std::optional<std::string> blob = {};  // What has to be stored before the event is sent.
  std::string traceparent = {};          // Empty: none.
  std::string log_line = {};             // If it was asked for.
};

// What an emitter puts into every event, and what it needs to know.
struct Making {
  const std::map<std::string, std::string>& keys;
  const Redactor& redactor;
  Random& random;
  bool has_header = true;  // Whether a traceparent will be sent with it.
  bool has_log_line = false;
};

// Checks the event in the order that emitter/README.md gives, takes its secrets out, and gives it
// its id, its time and its trace. `active` is the program's trace, if it has one.
Result<Prepared> prepare(const Event& event, const Making& making, Timestamp now,
                         const std::optional<Trace>& active);

// Writes the event's bytes to `out`, whose storage is reused. What is wrong with them, if anything:
// an event has a length that it may have.
std::optional<Error> write_bytes(std::string& out, const Prepared& prepared,
                                 std::optional<Numbered> number);

}  // namespace assent::emitter
