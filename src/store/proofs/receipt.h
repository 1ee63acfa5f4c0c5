// A receipt: the proof, for whoever wrote an event, that it is in the log (receipts.h makes them).
#pragma once

#include "base/hash.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace assent::store {

struct Receipt {
  std::uint64_t sequence = 0;
  Hash leaf{};
  std::string checkpoint;  // The signed note.
  std::vector<Hash> path;  // From the leaf's sibling up to the checkpoint's root (RFC 6962).
};

using ReceiptDone = std::function<void(Result<Receipt>)>;

}  // namespace assent::store
