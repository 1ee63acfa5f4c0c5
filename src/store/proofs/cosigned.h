// The newest head of each log that witnesses have cosigned, beside the checkpoints.
//
//   checkpoints/<tenant>.cosigned    the checkpoint's note, with the log's and their signatures
//
// It is a copy: whoever loses it has lost an answer to "who else saw this log", which the witnesses
// give again.
#pragma once

#include "base/result.h"
#include "domain/principal.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace assent::store {

// Thread-safe; blocks on the disk.
class Cosigned {
 public:
  explicit Cosigned(std::string directory) : directory_(std::move(directory)) {}

  // What was kept last, or nothing.
  Result<std::optional<std::string>> newest(const Tenant& tenant) const;

  // Durable on return. REQUIRES: the caller has verified the signatures.
  Result<void> keep(const Tenant& tenant, const std::string& note);

 private:
  const std::string directory_;
  mutable std::mutex mutex_;
  // Guarded by mutex_; nothing where there is no file. Read from the disk once.
  mutable std::map<TenantNumber, std::optional<std::string>> notes_;
};

// The note `checkpoint`, and beside its signatures the cosignatures that `cosigned` has, if both
// are of one text; else as it is.
std::string with_cosignatures(const std::string& checkpoint, const std::string& cosigned);

}  // namespace assent::store
