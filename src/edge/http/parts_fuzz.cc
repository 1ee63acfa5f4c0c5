#include "base/text.h"
#include "edge/http/parts.h"

#include <cstddef>
#include <cstdint>

// The parts of a request that strangers write. What is accepted must be what it claims to be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assent;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto decoded = http::percent_decoded(text)) CHECK(is_utf8(*decoded));
  if (const auto query = http::query_from(text)) {
    for (const auto& [name, value] : *query)
      CHECK(!name.empty() && is_utf8(name) && is_utf8(value));
  }
  if (const auto trace = http::trace_from_traceparent(text))
    CHECK(trace_from_text(*trace) == *trace);
  if (const auto key = http::idempotency_key_from(text)) CHECK(!key->empty() && key->size() <= 255);
  if (const auto wait = http::wait_from(text, std::chrono::seconds(60))) {
    CHECK(wait->count() >= 0 && wait->count() <= 60);
  }
  if (const auto bearer = http::bearer_from(text)) CHECK(!bearer->empty());
  static_cast<void>(http::media_type_from(text));
  return 0;
}
