// Whatever the reader accepts, the canonical writer must write so that it reads as the same.
#include "base/canonical.h"
#include "base/json.h"
#include "base/text.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = assent::parse_json(text);
  if (!value) {
    CHECK(value.error().code == assent::Code::validation_error);
    CHECK(value.error().fields.size() == 1);
    CHECK(assent::is_utf8(value.error().fields.front().path));
    return 0;
  }
  const std::string canonical = assent::canonical_json(*value);
  CHECK(assent::is_utf8(canonical));
  const auto again = assent::parse_json(canonical);
  CHECK(again.has_value());
  CHECK(assent::canonical_json(*again) == canonical);

  // Only the kind of number may change on the first round (56.0 becomes 56), nothing after it.
  const auto third = assent::parse_json(assent::canonical_json(*again));
  CHECK(third.has_value() && *third == *again);

  for (const std::size_t indent : {0U, 2U}) {
    const auto printed = assent::parse_json(assent::json_text(*value, indent));
    CHECK(printed.has_value() && assent::canonical_json(*printed) == canonical);
  }
  return 0;
}
