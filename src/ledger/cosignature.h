// Cosignatures: a witness's word that a checkpoint extends every one it saw before, and when.
//
//   — witness.example/w1 base64(key id ‖ time ‖ signature)
//
// C2SP tlog-cosignature, its cosignature/v1 (https://c2sp.org/tlog-cosignature). They stand in the
// checkpoint's note beside the log's signature, and open_note() verifies them like any other by a
// key of Algorithm::cosignature_v1. Pure and thread-safe.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "ledger/key.h"
#include "ledger/note.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assent::ledger {

// A witness's signing half. Movable.
class Cosigner {
 public:
  // Nothing if `name` is not a key name or the seed is not 32 bytes. The key must sign nothing
  // else: a cosignature does not say by whom it is.
  static std::optional<Cosigner> from_seed(std::string name, const Secret& seed);

  const VerifierKey& verifier_key() const { return verifier_key_; }

  // The cosignature of a checkpoint's text. REQUIRES: the caller has made durable that this head
  // is the newest that it cosigned of the log; `at` is not before 1970.
  Result<Signature> cosign(std::string_view text, std::chrono::sys_seconds at) const;

 private:
  Cosigner(Ed25519Signer signer, VerifierKey verifier_key);

  Ed25519Signer signer_;
  VerifierKey verifier_key_;
};

// When a cosignature was made, by its own word; nothing if it has not the form of one.
std::optional<std::chrono::sys_seconds> cosigned_at(const Signature& signature);

// The cosignatures on the checkpoint `text` among `lines`, which are a witness's answer to
// add-checkpoint: one at most for each of `keys`, those of unknown keys ignored.
// Code::validation_error if the lines are no signatures, Code::unprocessable if none is by one of
// the keys, or one is wrong or without a time.
Result<std::vector<Signature>> open_cosignatures(std::string_view text, std::string_view lines,
                                                 std::span<const VerifierKey> keys);

}  // namespace assent::ledger
