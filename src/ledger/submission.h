// What a log sends to a witness: a checkpoint, and the proof that it extends the one that the
// witness cosigned last.
//
//   old 20852014
//   PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=      the consistency proof
//   …
//                                                     (one empty line)
//   the checkpoint, as the log signed it
//
// C2SP tlog-witness, add-checkpoint (https://c2sp.org/tlog-witness). Pure and thread-safe.
#pragma once

#include "base/result.h"
#include "ledger/merkle.h"

#include <string>
#include <string_view>
#include <vector>

namespace assent::ledger {

struct Submission {
  Size old{};
  std::vector<Hash> proof;
  std::string checkpoint;  // The signed note, verbatim.
  friend bool operator==(const Submission&, const Submission&) = default;
};

std::string format_submission(const Submission& submission);

// Takes it apart without believing a word of it. Strict: format_submission() of the result is
// `bytes` again. Code::validation_error if it is none, or has more than 63 hashes.
Result<Submission> parse_submission(std::string_view bytes);

}  // namespace assent::ledger
