// What a report says of a checkpoint, once it is known to be signed.
#pragma once

#include "assent/verify.h"
#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/key.h"

#include <string>
#include <string_view>
#include <vector>

namespace assent::verify {

// Opens the note, and fills in the report's part about it: origin, key, size, root, cosignatures.
// Code::corrupt if `key` does not vouch for it.
Result<ledger::Checkpoint> open_reported(std::string_view note, const ledger::VerifierKey& key,
                                         Report& report);

// Marks the report's cosignatures that one of the witnesses' keys (in text form) vouches for. Told,
// not judged: the keys may be the word of whoever made the evidence.
void check_cosignatures(const std::vector<std::string>& witness_keys, Report& report);

// What an Error of a verification means to who asked: damage is a finding, the rest is not known.
void conclude(const Result<void>& result, Finding place, Report& report);

}  // namespace assent::verify
