// Anything may be sent to a witness; what is a submission has a single form.
#include "ledger/submission.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assent::ledger;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto submission = parse_submission(bytes);
  if (!submission) return 0;
  CHECK(format_submission(*submission) == bytes);
  CHECK(submission->proof.size() <= 63);
  return 0;
}
