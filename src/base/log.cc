#include "base/log.h"

#include "base/canonical.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <unistd.h>

namespace assent {
namespace {

// spdlog brings the lock, the level and the sink; the line itself is made here.
spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_logger_mt("assent");
    made->set_pattern("%v");
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum as_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

// Adds `,"name":"value"`. Bytes that are not UTF-8 would make the whole line unreadable to a
// collector, so they are escaped first.
void append_field(std::string& line, std::string_view name, std::string_view value) {
  line.push_back(line.empty() ? '{' : ',');
  append_json_string(line, is_utf8(name) ? std::string(name) : escape_for_terminal(name));
  line.push_back(':');
  append_json_string(line, is_utf8(value) ? std::string(value) : escape_for_terminal(value));
}

std::string json_line(LogLevel level, std::string_view event,
                      std::initializer_list<LogField> fields) {
  std::string line;
  append_field(line, "time", to_rfc3339(SystemClock().now()));
  append_field(line, "level", word(level));
  append_field(line, "event", event);
  for (const auto& field : fields) {
    if (!field.value.empty()) append_field(line, field.name, field.value);
  }
  line.push_back('}');
  return line;
}

std::string plain_line(LogLevel level, std::string_view event,
                       std::initializer_list<LogField> fields) {
  std::string line = to_rfc3339(SystemClock().now());
  line.append(" ").append(word(level)).append(" ").append(escape_for_terminal(event));
  for (const auto& field : fields) {
    if (field.value.empty()) continue;
    line.append(" ").append(escape_for_terminal(field.name)).append("=");
    line.append(escape_for_terminal(field.value));
  }
  return line;
}

}  // namespace

void log_line(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!is_logged(level)) return;
  const bool on_terminal = isatty(STDERR_FILENO) == 1;
  const std::string line =
      on_terminal ? plain_line(level, event, fields) : json_line(level, event, fields);
  logger().log(as_spdlog(level), spdlog::string_view_t(line));
}

void set_log_level(LogLevel level) {
  logger().set_level(as_spdlog(level));
}

bool is_logged(LogLevel level) {
  return logger().should_log(as_spdlog(level));
}

std::optional<LogLevel> log_level_from(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (word(level) == text) return level;
  }
  return std::nullopt;
}

}  // namespace assent
