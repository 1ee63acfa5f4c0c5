// Anything may be a proof; what is one has a single form, and none proves an entry that is not
// there.
#include "ledger/proof.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assent::ledger;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const VerifierKey key =
      VerifierKey::from_text(
          "log.example/ann+2e2e0e44+AXm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk")
          .value();

  const auto proof = parse_proof(bytes);
  if (proof) CHECK(format_proof(*proof) == bytes);
  // Nobody has logged this under that key.
  CHECK(!open_proof(bytes, "an entry that was never logged", key));
  return 0;
}
