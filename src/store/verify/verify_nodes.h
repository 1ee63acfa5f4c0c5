// Part of verify: whether the stored nodes of a log's tree are those of its events, no more and no
// fewer.
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "ledger/tile_tree.h"
#include "store/connection.h"

#include <cstdint>

namespace assent::store {

class VerifyNodes {
 public:
  VerifyNodes(Connection& source, TenantNumber tenant) : source_(source), tenant_(tenant) {}

  // The next node that the events complete. Code::corrupt if the stored one is missing or another.
  Result<void> add(const ledger::FullTile& tile);

  // At the log's end. Code::corrupt if there are nodes beyond those that were added.
  Result<void> finish();

 private:
  Connection& source_;
  const TenantNumber tenant_;
  std::int64_t count_ = 0;
};

}  // namespace assent::store
