#include "edge/http/observer.h"

#include "app/operation.h"

#include <cstdio>
#include <vector>

namespace assent::http {

namespace {

constexpr std::uint64_t kLinesPerSecond = 200;

std::vector<std::string_view> names_of_operations() {
  std::vector<std::string_view> names(kOtherOperations.begin(), kOtherOperations.end());
  for (const app::Operation& operation : app::operations()) names.push_back(operation.about.name);
  return names;
}

std::string milliseconds(std::chrono::nanoseconds duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f",
                std::chrono::duration<double, std::milli>(duration).count());
  return text;
}

LogLevel level_of(int status) {
  if (status >= 500) return LogLevel::error;
  return status >= 400 ? LogLevel::warning : LogLevel::debug;
}

}  // namespace

LineLimit::Verdict LineLimit::ask(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (now - second_began_ >= std::chrono::seconds(1)) {
    second_began_ = now;
    written_ = 0;
  }
  if (written_ >= lines_per_second_) {
    ++left_out_;
    return {};
  }
  ++written_;
  return {.may_write = true, .left_out = std::exchange(left_out_, 0)};
}

Observer::Observer(Timestamp started)
    : metrics_(started, names_of_operations()),
      refusals_(kLinesPerSecond),
      faults_(kLinesPerSecond) {}

void Observer::answered(const Answered& answered) {
  metrics_.count_request(answered.operation, answered.status, answered.duration);
  const LogLevel level = level_of(answered.status);
  if (!is_logged(level)) return;
  LineLimit::Verdict verdict{.may_write = true};
  if (level == LogLevel::warning) verdict = refusals_.ask(LineLimit::Clock::now());
  if (level == LogLevel::error) verdict = faults_.ask(LineLimit::Clock::now());
  if (!verdict.may_write) return;
  log_line(level, "http.request",
           {{"traceId", trace_uuid(answered.trace)},
            {"operation", std::string(answered.operation)},
            {"route", std::string(answered.route)},
            {"status", std::to_string(answered.status)},
            {"code", std::string(answered.code)},
            {"durationMs", milliseconds(answered.duration)},
            {"why", std::string(answered.why)},
            {"leftOut", verdict.left_out == 0 ? "" : std::to_string(verdict.left_out)}});
}

}  // namespace assent::http
