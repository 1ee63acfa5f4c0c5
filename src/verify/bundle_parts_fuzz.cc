// Anything may pose as a part of a bundle. The first byte picks the part.
#include "verify/bundle_parts.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace assent::verify;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      if (const auto manifest = parse_manifest(text)) {
        CHECK(!manifest->range || manifest->range->begin <= manifest->range->end);
        CHECK(!manifest->range || manifest->range->end <= manifest->size);
        CHECK(manifest->files.contains("events.ndjson"));
      }
      break;
    case 1:
      if (const auto keys = parse_keys(text)) CHECK(!keys->empty() && keys->front().from_size == 0);
      break;
    case 2:
      if (const auto proof = parse_range_proof(text)) CHECK(proof->peaks.size() % 32 == 0);
      break;
    case 3:
      if (const auto proof = parse_member_proof(text)) CHECK(proof->path.size() <= 64);
      break;
    default:
      (void)parse_witnesses(text).has_value();
  }
  return 0;
}
