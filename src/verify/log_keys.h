// Which key speaks for a log at which size, and why somebody who trusts an older one may follow.
#pragma once

#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/key.h"
#include "verify/bundle_parts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assent::verify {

struct KeyChain {
  ledger::VerifierKey key;              // Of the checkpoint's size.
  std::vector<ledger::TreeHead> heads;  // What the handovers say of the log: to be compared.
  bool is_pinned = false;
};

struct KeyQuestion {
  const std::vector<LogKey>& keys;  // Oldest first.
  std::uint64_t size = 0;           // Of the checkpoint.
  std::string_view pinned;          // Empty: the chain vouches for itself.
  std::string_view origin;
};

// Follows the handovers: each is a note of exactly the size from which the next key speaks, signed
// by both. Code::corrupt if one does not hold, or if the pinned key is none of the chain.
Result<KeyChain> follow_keys(const KeyQuestion& question);

}  // namespace assent::verify
