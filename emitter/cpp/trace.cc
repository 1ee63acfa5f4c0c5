#include "emitter/cpp/trace.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::size_t kTraceDigits = 32;
constexpr std::size_t kSpanDigits = 16;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text, std::size_t digits) {
  return text.size() == digits && is_hex(text) &&
         text.find_first_not_of('0') != std::string_view::npos;
}

bool is_valid(const Trace& trace) {
  return is_id(trace.trace_id, kTraceDigits) && is_id(trace.span_id, kSpanDigits);
}

std::string random_hex(Random& random, std::size_t digits) {
  std::array<std::uint8_t, kTraceDigits / 2> bytes;
  const auto used = std::span(bytes).first(digits / 2);
  random.fill(used);
  return to_hex({reinterpret_cast<const char*>(used.data()), used.size()});
}

std::string traceparent_of(const Trace& trace, const Making& making) {
  if (!making.has_header) return {};
  const std::string span =
      trace.span_id.empty() ? random_hex(making.random, kSpanDigits) : trace.span_id;
  return "00-" + trace.trace_id + "-" + span + "-01";
}

}  // namespace

std::optional<Trace> trace_from(std::string_view traceparent) {
  constexpr std::size_t kSpanAt = 3 + kTraceDigits + 1;
  constexpr std::size_t kFlagsAt = kSpanAt + kSpanDigits + 1;
  if (traceparent.size() != kFlagsAt + 2 || !traceparent.starts_with("00-") ||
      traceparent[kSpanAt - 1] != '-' || traceparent[kFlagsAt - 1] != '-' ||
      !is_hex(traceparent.substr(kFlagsAt))) {
    return std::nullopt;
  }
  Trace trace{.trace_id = std::string(traceparent.substr(3, kTraceDigits)),
              .span_id = std::string(traceparent.substr(kSpanAt, kSpanDigits))};
  if (!is_valid(trace)) return std::nullopt;
  return trace;
}

Correlation correlate(const std::optional<std::string>& given, const std::optional<Trace>& active,
                      const Making& making) {
  std::optional<Trace> trace;
  const auto named = given ? trace_from(*given) : std::nullopt;
  if (named) {
    trace = named;
  } else if (active && is_valid(*active)) {
    trace = active;
  }
  if (given && !named) {
    if (!trace && is_id(*given, kTraceDigits)) trace = Trace{.trace_id = *given, .span_id = {}};
    return {.id = *given, .traceparent = trace ? traceparent_of(*trace, making) : std::string()};
  }
  if (!trace) trace = Trace{.trace_id = random_hex(making.random, kTraceDigits), .span_id = {}};
  std::string traceparent = traceparent_of(*trace, making);
  return {.id = std::move(trace->trace_id), .traceparent = std::move(traceparent)};
}

}  // namespace assent::emitter
