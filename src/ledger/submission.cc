#include "ledger/submission.h"

#include "base/text.h"

#include <optional>

namespace assent::ledger {

namespace {

constexpr std::string_view kOld = "old ";
constexpr std::size_t kProofMax = 63;

Error malformed(const std::string& what) {
  return {Code::validation_error, "Not a submission: " + what};
}

}  // namespace

std::string format_submission(const Submission& submission) {
  std::string bytes = std::string(kOld) + std::to_string(number(submission.old)) + "\n";
  for (const Hash& hash : submission.proof) bytes += to_base64(as_bytes(hash)) + "\n";
  return bytes + "\n" + submission.checkpoint;
}

Result<Submission> parse_submission(std::string_view bytes) {
  const auto first = take_line(bytes);
  if (!first || !first->starts_with(kOld)) return malformed("its first line is no old size.");
  const auto old = from_decimal(first->substr(kOld.size()));
  if (!old || Size{*old} > kSizeMax) return malformed("its first line is no old size.");

  Submission submission{.old = Size{*old}, .proof = {}, .checkpoint = {}};
  while (const auto line = take_line(bytes)) {
    if (line->empty()) {
      submission.checkpoint = std::string(bytes);
      return submission;
    }
    if (submission.proof.size() == kProofMax) return malformed("its proof is too long.");
    const auto hash = hash_from_text(*line);
    if (!hash) return malformed("a line of its proof is no hash.");
    submission.proof.push_back(*hash);
  }
  return malformed("no empty line ends its proof.");
}

}  // namespace assent::ledger
