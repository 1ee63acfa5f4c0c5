// Checkpoints: a log's promise, signed, of how many entries it has and which.
//
//   assent.example/t/acme                              origin: which log
//   20852163                                           size
//   CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=       root
//
//   — assent.example/t/acme Az3grlgtzPICa5OS8npVmf1M…
//
// C2SP tlog-checkpoint v1.0.0 (https://c2sp.org/tlog-checkpoint) in a signed note (note.h), so
// that witnesses and monitors which know nothing of Assent understand them. Pure and
// thread-safe.
//
// Errors as in note.h: Code::validation_error for what is not a checkpoint,
// Code::unprocessable for one that the key does not vouch for.
#pragma once

#include "base/result.h"
#include "ledger/key.h"
#include "ledger/merkle.h"

#include <string>
#include <string_view>
#include <vector>

namespace assent::ledger {

struct Checkpoint {
  std::string origin;
  TreeHead head;
  // Opaque lines that other logs may add. Ours never do: no monitor can audit them.
  std::vector<std::string> extensions = {};
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The note text. REQUIRES: what parse_checkpoint() returned, or the same shape.
std::string format_checkpoint(const Checkpoint& checkpoint);

// From a note text. Strict: format_checkpoint() of the result is `text` again. Refuses
// sizes above kSizeMax, and a size of 0 with any root but that of the empty tree.
Result<Checkpoint> parse_checkpoint(std::string_view text);

// What the signed note `bytes` claims, whoever signed it: nothing is verified. For who must know of
// which log or size it speaks before a key can be chosen, or has signed it himself.
Result<Checkpoint> claimed_checkpoint(std::string_view bytes);

// The signed note. Code::unprocessable if the checkpoint could not be parsed again, has
// extensions, or is of a log that is not the signer's name. A second checkpoint must extend the
// first, or the log has lied to somebody: the caller makes each durable, in order, before
// anybody sees it (tlog-checkpoint, "Signatures").
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const Signer& signer);

// The checkpoint in the note `bytes`, if `key` signed it and it is of the log that
// `key` is named after. The specification only recommends that the two names be one;
// Assent insists, lest a key under two names vouch for the wrong log.
Result<Checkpoint> open_checkpoint(std::string_view bytes, const VerifierKey& key);

}  // namespace assent::ledger
