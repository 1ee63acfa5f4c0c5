// A copy of a store, taken beside a running server, which proves itself.
//
//   ledger.db           one snapshot of the database
//   blobs/              every blob (a superset of what the snapshot names)
//   checkpoints/        the notes as of just before the snapshot, and the handovers
//   signing.key         only if asked for
//   backup.json         last: without it the rest is a torn backup
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "store/verify/verify_store.h"

#include <string>
#include <vector>

namespace assent::store {

inline constexpr std::string_view kBackupMarker = "backup.json";

struct BackupOptions {
  std::string from;  // A data directory, served or not.
  std::string to;    // Absent or empty.
  bool has_key = false;
};

struct Backup {
  std::vector<TenantReport> tenants;
  std::uint64_t events = 0;
};

// Verifies what it wrote before it calls it a backup: Code::corrupt with the first finding
// otherwise. Code::invalid_state if the target is not empty.
Result<Backup> back_up(const BackupOptions& options, const Clock& clock);

}  // namespace assent::store
