// Proofs that an entry is in a log, for whoever has nothing but the proof, the entry and the log's
// public key.
//
//   c2sp.org/tlog-proof@v1
//   index 73894
//   gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=      the audit path, from the leaf's sibling up
//   …
//                                                     (one empty line)
//   the checkpoint, as the log and its witnesses signed it
//
// C2SP tlog-proof (https://c2sp.org/tlog-proof). Pure and thread-safe.
//
// Errors as in note.h: Code::validation_error for what is not a proof, Code::unprocessable for one
// that does not prove what it should.
#pragma once

#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/key.h"
#include "ledger/merkle.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::ledger {

struct Proof {
  std::optional<std::string> extra = {};  // Opaque and unauthenticated; ours never have any.
  Index index{};
  std::vector<Hash> path;
  std::string checkpoint;  // The signed note, verbatim.
  friend bool operator==(const Proof&, const Proof&) = default;
};

std::string format_proof(const Proof& proof);

// Takes a proof apart without believing a word of it. Strict: format_proof() of the result is
// `bytes` again.
Result<Proof> parse_proof(std::string_view bytes);

// The checkpoint that the proof leads to, if `key` signed it and the entry is in its tree.
Result<Checkpoint> open_proof(std::string_view bytes, std::string_view entry,
                              const VerifierKey& key);

}  // namespace assent::ledger
