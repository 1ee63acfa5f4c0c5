// Sees every request off: counts it and, unless all went well, logs it.
//
// A line names the operation, never the target: paths, queries, headers and bodies are the callers'
// own, and any of them may hold a secret.
#pragma once

#include "base/log.h"
#include "domain/event.h"
#include "edge/http/metrics.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace assent::http {

// How a request ended.
struct Answered {
  std::string_view operation;  // Its name, or one of kOtherOperations.
  std::string_view route;      // `POST /v1/approvals/{id}/approve`; empty if none was found.
  int status = 0;
  std::string_view code = {};  // Of the error or refusal; empty if there was none.
  std::string_view why = {};   // A sentence of ours, for faults of ours; else empty.
  std::chrono::nanoseconds duration{};
  const TraceId& trace;
};

// What answers without being an operation: the plain paths, a path that nobody answers, and bytes
// that are no request.
inline constexpr std::array<std::string_view, 9> kOtherOperations = {
    "livez", "readyz",  "metrics",      "openapi",  "checkpoint",
    "tile",  "entries", "no_such_path", "malformed"};

// At most so many lines a second of each kind: a stranger's requests must not fill the disk. What
// was left out is said in the next line that is not, and all of it is counted.
class LineLimit {
 public:
  using Clock = std::chrono::steady_clock;
  explicit LineLimit(std::uint64_t lines_per_second) : lines_per_second_(lines_per_second) {}

  struct Verdict {
    bool may_write = false;
    std::uint64_t left_out = 0;  // Before this one.
  };
  Verdict ask(Clock::time_point now);  // Thread-safe.

 private:
  const std::uint64_t lines_per_second_;
  std::mutex mutex_;
  Clock::time_point second_began_;  // Guarded by mutex_.
  std::uint64_t written_ = 0;       // Guarded by mutex_: in this second.
  std::uint64_t left_out_ = 0;      // Guarded by mutex_: since the last line.
};

// Thread-safe.
class Observer {
 public:
  explicit Observer(Timestamp started);

  void answered(const Answered& answered);

  Metrics& metrics() { return metrics_; }

 private:
  Metrics metrics_;
  LineLimit refusals_;
  LineLimit faults_;
};

}  // namespace assent::http
