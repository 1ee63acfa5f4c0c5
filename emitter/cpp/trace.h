// Which trace an event belongs to: the caller's word, else the program's, else a new one.
#pragma once

#include "emitter/cpp/event.h"

#include <assent/emitter.h>
#include <optional>
#include <string>
#include <string_view>

namespace assent::emitter {

// What a W3C `traceparent` names, or nothing if it is none (all zeros name nothing).
std::optional<Trace> trace_from(std::string_view traceparent);

struct Correlation {
  std::string id;
  std::string traceparent;  // Empty: none.
};

// Takes 16 random bytes for a new trace and 8 for a span, where there is none and one is needed.
Correlation correlate(const std::optional<std::string>& given, const std::optional<Trace>& active,
                      const Making& making);

}  // namespace assent::emitter
