// The high-water marks of the logs, kept beside the database and not in it.
//
// SQLite drops whatever follows the first bad frame of its write-ahead log and calls the result
// intact, and anybody can copy an old database over a new one. A signed checkpoint in a file of its
// own, durable before anybody sees it, is what a later start compares the log with.
//
//   checkpoints/<tenant>          the C2SP signed note, as published
//   checkpoints/<tenant>.peaks    the tree's peaks at that size: a shortcut, believed only if they
//                                 hash to the signed root
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "ledger/checkpoint.h"
#include "store/batch.h"
#include "store/signers.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assent::store {

struct SavedCheckpoint {
  std::string note;
  ledger::TreeHead head;
  std::optional<ledger::Frontier> frontier;  // Nothing: the peaks are absent or of another size.
};

class Checkpoints {
 public:
  Checkpoints(std::string directory, const Signers& signers)
      : directory_(std::move(directory)), signers_(signers) {}

  // The signed checkpoint of the tenant's log at `head`, or of a larger one published meanwhile. It
  // is durable on return, or the Error says why it is not. REQUIRES: `head` is committed.
  // Thread-safe; blocks on the disk.
  Result<std::string> publish(const Tenant& tenant, const Head& head);

  // The signed checkpoint of an older head of the same log, for who proves something in it.
  // REQUIRES: `head` is one that the log had, and no larger than what was published.
  Result<std::string> sign(const Tenant& tenant, const ledger::TreeHead& head) const;

  // How large the log was that was last published; zero if none ever was. Fails as saved().
  Result<std::uint64_t> published_size(const Tenant& tenant) const;

  // What was last published, or nothing. Code::corrupt if it is none of this tenant's key.
  Result<std::optional<SavedCheckpoint>> saved(const Tenant& tenant) const;

  // The note that was last published, by this process or one before. Code::not_found if none was.
  Result<std::string> newest(const Tenant& tenant);

  // The names of all tenants that have one.
  Result<std::vector<std::string>> tenants() const;

 private:
  struct Published {
    std::uint64_t size = 0;
    std::string note;
  };

  const std::string directory_;
  const Signers& signers_;

  // Held while signing and writing: of two checkpoints of one log the smaller must be durable
  // first.
  mutable std::mutex mutex_;
  std::map<TenantNumber, Published> published_;  // Guarded by mutex_.
};

// Whether the database is what the checkpoints promised, and its heads what its events say: no log
// shorter than its checkpoint, the same root where they meet, the leaves from there to the head
// re-hashed, the last event's bytes hashed. Time grows with what came after the checkpoints only.
// Code::corrupt with the tenant and the sizes otherwise.
Result<void> check_logs(Connection& connection, const std::vector<Tenant>& tenants,
                        const Checkpoints& checkpoints);

}  // namespace assent::store
