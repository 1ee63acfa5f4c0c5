// The reader of sealed files: nothing is derived or opened for what it does not accept.
#include "base/seal.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto sealed = assent::parse_sealed(text);
  if (!sealed) return 0;
  CHECK(assent::is_sealed(text));
  CHECK(assent::format_sealed(*sealed) == text);
  CHECK(sealed->cost.memory_bytes <= assent::kSealMemoryMax);
  CHECK(sealed->cost.operations <= assent::kSealOperationsMax);
  return 0;
}
