// Anything may be a checkpoint, bare or signed; what is one has a single form.
#include "ledger/checkpoint.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace assent::ledger;

constexpr std::string_view kKey =
    "example.com/audit/tenant1+361fd055+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const VerifierKey key = VerifierKey::from_text(kKey).value();

  if (const auto checkpoint = parse_checkpoint(bytes)) {
    CHECK(format_checkpoint(*checkpoint) == bytes);
    CHECK(checkpoint->head.size <= kSizeMax);
  }
  if (const auto opened = open_checkpoint(bytes, key)) {
    CHECK(opened->origin == key.name());
    CHECK(bytes.starts_with(format_checkpoint(*opened)));
  }
  return 0;
}
