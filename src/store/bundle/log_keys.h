// Which keys signed a log's checkpoints, as its own events tell, and which of its notes to use.
//
// A bundle carries these keys for whoever has pinned an older one. They are not a reason to believe
// the bundle: that takes a key from elsewhere.
#pragma once

#include "base/result.h"
#include "store/bundle/bundle_source.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// The log's first key, from its first event. Code::corrupt if that is none.
Result<BundleKey> first_key(std::string_view event);

// The key that a `ledger.key_rotated` changed to. Code::corrupt if the event is none.
Result<BundleKey> rotated_key(std::string_view event, std::optional<std::string> handover);

// How many entries a note that is a checkpoint speaks of, believed or not.
Result<std::uint64_t> claimed_size(std::string_view note);

// What the note says, if the key that signs checkpoints of its size vouches for it.
// Code::unprocessable if it does not.
Result<ledger::TreeHead> open_by(const std::vector<BundleKey>& keys, std::string_view note);

// Makes the note the log's checkpoint, and forgets the keys that came after it: what a bundle says
// under one checkpoint does not change. Errors as open_by().
Result<void> choose_checkpoint(BundleLog& log, std::string note);

// The witnesses' keys in a policy (https://c2sp.org/tlog-policy): lines `witness <name> <vkey> …`.
std::vector<std::string> witness_keys_in(std::string_view policy);

}  // namespace assent::store
