// What the log can prove to somebody who has only its key: that an event is in it, and that it only
// ever grew.
#pragma once

#include "base/result.h"
#include "ledger/merkle.h"
#include "ledger/proof.h"
#include "store/checkpoints.h"
#include "store/committed.h"
#include "store/read.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace assent::store {

// Thread-safe; blocks on the disk where a checkpoint has to be made durable first.
class Prover {
 public:
  Prover(Checkpoints& checkpoints, const CommittedState& committed)
      : checkpoints_(checkpoints), committed_(committed) {}

  // The event's inclusion in the tree of `size` events; without one, in that of the whole snapshot.
  // Code::not_found if the log has no such event, Code::unprocessable if the size is not between
  // the event's and the log's.
  Result<ledger::Proof> inclusion(const Read& read, std::uint64_t sequence,
                                  std::optional<std::uint64_t> size) const;

  // Code::unprocessable unless from <= to <= the snapshot's size.
  static Result<std::vector<Hash>> consistency(const Read& read, ledger::Growth growth);

 private:
  Checkpoints& checkpoints_;
  const CommittedState& committed_;
};

}  // namespace assent::store
