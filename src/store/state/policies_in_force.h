// The policy in force of every tenant, for those who must not wait for the database.
#pragma once

#include "base/result.h"
#include "domain/policy.h"
#include "domain/principal.h"
#include "store/connection.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace assent::store {

class Blobs;

// Thread-safe. The writer is the only one to call know().
class PoliciesInForce {
 public:
  explicit PoliciesInForce(const Blobs& blobs) : blobs_(blobs) {}

  // Looks up what is in force for the tenant by now.
  void know(Connection& connection, TenantNumber tenant);

  // The first call after a start reads the document, the others nothing. Errors: what kept know()
  // from finding out; Code::corrupt if the document is lost.
  Result<std::shared_ptr<const Policy>> of(TenantNumber tenant) const;

 private:
  struct Known {
    std::string sha256;                    // Of the document; empty: the built-in policy's.
    std::shared_ptr<const Policy> policy;  // Null until somebody asked.
  };

  const Blobs& blobs_;
  mutable std::mutex mutex_;
  mutable std::map<TenantNumber, Result<Known>> known_;  // Guarded by mutex_.
};

}  // namespace assent::store
