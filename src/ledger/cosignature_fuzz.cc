// Whatever a witness answers: what is kept of it is its cosignature, with its time, and no more.
#include "ledger/cosignature.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace assent::ledger;

constexpr std::string_view kText =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Cosigner cosigner =
      Cosigner::from_seed("witness.example/w1", assent::Secret(std::string(32, '\1'))).value();
  static const std::array keys = {cosigner.verifier_key()};
  const std::string_view lines(reinterpret_cast<const char*>(data), size);

  const auto opened = open_cosignatures(kText, lines, keys);
  if (!opened) return 0;
  CHECK(opened->size() == 1);
  const Signature& signature = opened->front();
  CHECK(cosigned_at(signature).has_value());
  CHECK(keys[0].verifies(kText, signature.bytes));
  CHECK(lines.find(format_signature(signature)) != std::string_view::npos);
  return 0;
}
