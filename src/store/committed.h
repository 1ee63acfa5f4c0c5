// What is committed, in memory, for every thread to see: identities, and the head of each log.
#pragma once

#include "store/batch.h"
#include "store/identities.h"
#include "store/writer.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace assent::store {

// Thread-safe. The writer is the only one to call update().
class CommittedState {
 public:
  void update(const Committed& committed);

  std::shared_ptr<const Identities> identities() const;
  // An empty log's if the tenant has none.
  Head head(TenantNumber tenant) const;

  // How many events all logs have.
  std::uint64_t events() const;

  // The tenants whose logs grew since the last call of this.
  std::vector<TenantNumber> take_grown();
  // Puts one back, for the next take_grown().
  void keep_grown(TenantNumber tenant);

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Identities> identities_;  // Guarded by mutex_.
  Heads heads_;                                   // Guarded by mutex_.
  std::set<TenantNumber> grown_;                  // Guarded by mutex_.
};

}  // namespace assent::store
