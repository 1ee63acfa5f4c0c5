// What a report says of a checkpoint, once it is known to be signed.
#pragma once

#include "assent/verify.h"
#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/key.h"

#include <string_view>

namespace assent::verify {

// Opens the note, and fills in the report's part about it: origin, key, size, root, cosignatures.
// Code::corrupt if `key` does not vouch for it.
Result<ledger::Checkpoint> open_reported(std::string_view note, const ledger::VerifierKey& key,
                                         Report& report);

// What an Error of a verification means to who asked: damage is a finding, the rest is not known.
void conclude(const Result<void>& result, Finding place, Report& report);

}  // namespace assent::verify
