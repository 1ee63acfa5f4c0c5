// The early notice: a quorum that the humans there are can no longer meet is better known at once
// than when the deadline passes.
#pragma once

#include "domain/approval.h"
#include "store/read.h"

#include <optional>
#include <span>
#include <string>

namespace assent::app {

// The sentence to say, or nothing: it can still be met, or there are too many humans to look at
// each (kHumansMax), among whom somebody will be.
Result<std::optional<std::string>> notice_of(const store::Read& read, const Approval& approval,
                                             std::span<const Vote> votes);

// How many humans are looked at, at most: a waiting writer costs everybody.
inline constexpr std::size_t kHumansMax = 256;

}  // namespace assent::app
