// A data directory made from a backup, or from the database of a directory that does not start any
// more; what is known to be lost is refused, or recorded in the log that lost it.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assent::store {

struct RestoreOptions {
  std::string from;         // A backup; empty: the database in `replacing`, as it is.
  std::string to;           // Absent or empty.
  std::string replacing;    // The data directory that is given up, whose checkpoints count.
  std::string checkpoint;   // A file with a checkpoint that somebody kept.
  std::string signing_key;  // A file; default: the backup's, or that in `replacing`.
  std::string seal_file;    // The passphrase's, if that key is sealed.
  // Why what was promised and is not there any more may be given up.
  std::optional<std::string> accepted_loss;
};

struct RestoredLog {
  std::string tenant;
  std::uint64_t size = 0;                      // After what the restore recorded.
  std::optional<std::uint64_t> promised_size;  // What was lost went up to here.
};

// Everything is verified before the last file, the key, makes a store of it; whatever fails leaves
// the target empty. Code::rolled_back if a checkpoint promised more than there is, or something
// else, unless that is accepted; Code::corrupt if what is there does not verify;
// Code::invalid_state for a target that is not empty and for what is no finished backup.
Result<std::vector<RestoredLog>> restore(const RestoreOptions& options, const Clock& clock,
                                         Random& random);

}  // namespace assent::store
