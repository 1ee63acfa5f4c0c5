// The keys that sign for tenants (checkpoints, calls to executors), all derived from the store's
// one master seed.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "ledger/cosignature.h"
#include "ledger/key.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::store {

// From which size of a log on its checkpoints are signed with which of its keys.
struct LogKey {
  ledger::Generation generation = ledger::kFirstGeneration;
  std::uint64_t from_size = 0;
  friend bool operator==(const LogKey&, const LogKey&) = default;
};
using LogKeys = std::vector<LogKey>;  // Oldest first, and so that each begins after the one before.

// The generation that signs the checkpoint of that size.
ledger::Generation generation_at(const LogKeys& keys, std::uint64_t size);

// Thread-safe.
class Signers {
 public:
  explicit Signers(Secret master) : master_(std::move(master)) {}

  // The signer of the log called `origin` with its key of that generation; lives as long as this.
  // Code::validation_error if no log can be called so.
  Result<const ledger::Signer*> of(std::string_view origin, ledger::Generation generation) const;

  // What signs the server's calls to the executors of the tenant whose log is called so: 32 bytes.
  Secret executor_secret(std::string_view origin) const;

  // What cosigns other logs where this store is a witness called so. Code::validation_error if no
  // witness can be.
  Result<ledger::Cosigner> witness(const std::string& name) const;

 private:
  using LogKeyName = std::pair<std::string, ledger::Generation>;  // By origin.

  Secret master_;
  mutable std::mutex mutex_;
  // Guarded by mutex_; what is in it never moves. Deriving costs a key schedule, once per log.
  mutable std::map<LogKeyName, std::unique_ptr<const ledger::Signer>> signers_;
};

}  // namespace assent::store
