// Checks a whole log, entry by entry, against a head that somebody signed.
//
// Knows bytes and hashes only: what the entries mean is checked elsewhere. It shares no code with
// the writer beyond merkle and checkpoint, so that a writer's mistake is not excused by its
// own logic.
#pragma once

#include "base/result.h"
#include "ledger/merkle.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace assent::ledger {

// tlog-tiles stores an entry's length in 16 bits.
inline constexpr std::size_t kEntryBytesMax = 65'535;

// Is fed a log in sequence order and remembers the first thing that is wrong.
//
// Memory does not grow with the log. A value; one thread at a time. Every Error is
// Code::corrupt and names the sequence, where one can be named, and the fault. After a
// bad entry, whatever is called returns that entry's Error again.
class LogCheck {
 public:
  // The entry with sequence size(), as stored, and the leaf hash stored beside it.
  Result<void> add(std::string_view entry, const Hash& stored_leaf);

  // Whether the entries so far are exactly the log that `head` describes. For the log's end, and
  // on the way for each older checkpoint when its size is reached.
  Result<void> finish(const TreeHead& head) const;

  Size size() const { return frontier_.size(); }
  // Over the entries' bytes, not over the stored hashes.
  TreeHead head() const { return frontier_.head(); }

 private:
  Frontier frontier_;
  std::optional<Error> first_fault_;
};

}  // namespace assent::ledger
