// Structured log lines on stderr: `{"time":…,"level":…,"event":…,fields}`, one JSON object a
// line, or plain text on a terminal. Never a payload value or a secret: fields are ids, names,
// counts and codes. A field whose value is empty is left out. Thread-safe.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assent {

enum class LogLevel { debug, info, warning, error };

struct LogField {
  std::string_view name;
  std::string value;
};

void log_line(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
void set_log_level(LogLevel level);
// Whether a line of that level would be written: for who would rather not make its fields.
bool is_logged(LogLevel level);
std::optional<LogLevel> log_level_from(std::string_view word);

}  // namespace assent
