// The keys that sign for tenants (checkpoints, calls to executors), all derived from the store's
// one master seed.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "ledger/cosignature.h"
#include "ledger/key.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace assent::store {

// Thread-safe.
class Signers {
 public:
  explicit Signers(Secret master) : master_(std::move(master)) {}

  // The signer of the log called `origin`; lives as long as this. Code::validation_error if no log
  // can be called so.
  Result<const ledger::Signer*> of(std::string_view origin) const;

  // What signs the server's calls to the executors of the tenant whose log is called so: 32 bytes.
  Secret executor_secret(std::string_view origin) const;

  // What cosigns other logs where this store is a witness called so. Code::validation_error if no
  // witness can be.
  Result<ledger::Cosigner> witness(const std::string& name) const;

 private:
  Secret master_;
  mutable std::mutex mutex_;
  // Guarded by mutex_; what is in it never moves. Deriving costs a key schedule, once per log.
  mutable std::map<std::string, std::unique_ptr<const ledger::Signer>, std::less<>> signers_;
};

}  // namespace assent::store
