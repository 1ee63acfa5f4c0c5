// `assent verify --proof`: whether one event is in a log, by what its writer took home.
#pragma once

#include "edge/cli/cli.h"
#include "edge/cli/output.h"

#include <string>

namespace assent::cli {

struct ProofOptions {
  std::string proof;  // A file: a receipt (JSON) or a C2SP tlog-proof.
  std::string entry;  // A file with the event, in any JSON spelling; empty: a receipt's own hash.
  std::string key;    // The verifier key that signed, as it was kept.
};

// Prints what is proven, or why nothing is. REQUIRES: `key` is a verifier key.
Exit verify_proof(const Output& output, const ProofOptions& options);

}  // namespace assent::cli
