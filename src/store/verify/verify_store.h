// Checks a whole store, offline or beside a running server, and names the first thing that is
// wrong.
//
// Trusts nothing but hashes: reads the log through a connection of its own, recomputes every tree,
// and replays every event into an empty state. Shares no code with the writer but the projection
// and the ledger's arithmetic.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assent::store {

struct TenantReport {
  std::string name;
  std::string origin;
  std::string verifier_key;  // As the log records it: compare it with the one you keep.
  std::uint64_t size = 0;
  std::string root;                              // 64 hex digits, recomputed from the entries.
  std::optional<std::uint64_t> checkpoint_size;  // Nothing: there is no checkpoint file.
  std::vector<std::string> remarks;              // About keys that were given up.
};

struct Finding {
  std::string tenant;  // Empty where no tenant can be named.
  std::optional<std::uint64_t>
      sequence;      // The first bad one; nothing where the log itself is whole.
  std::string what;  // A sentence.
};

struct VerifyReport {
  std::vector<TenantReport> tenants;  // Those whose log was checked to its end.
  std::uint64_t events = 0;           // How many were checked.
  std::optional<Finding> finding;     // The first; nothing: everything is as it was written.
};

// Called now and then with the number of events checked so far.
using VerifyProgress = std::function<void(std::uint64_t)>;

struct VerifyQuestion {
  VerifyProgress progress = {};
  // Checkpoints that somebody kept, by the name to call them by: each must be found in its log.
  std::vector<std::pair<std::string, std::string>> kept = {};
};

// Memory does not grow with the log. Damage of any kind is a finding; an Error means only that
// there is no store here (Code::not_found), that it could not be read now (Code::unavailable), or
// that a kept checkpoint is none of a log of this store (Code::validation_error).
Result<VerifyReport> verify_store(const std::string& directory,
                                  const VerifyQuestion& question = {});

// For the end of every test that has a store: aborts, with the finding, unless all is well.
void check_everything(const std::string& directory);

}  // namespace assent::store
