// The high-water marks of the logs, kept beside the database and not in it.
//
// SQLite drops whatever follows the first bad frame of its write-ahead log and calls the result
// intact, and anybody can copy an old database over a new one. A signed checkpoint in a file of its
// own, durable before anybody sees it, is what a later start compares the log with.
//
//   checkpoints/<tenant>.mark           the newest, with the tree's peaks (keeping/mark.h)
//   checkpoints/<tenant>                the C2SP signed note alone, for other tools: the newest
//                                       of a second ago, and the newest once the store is closed
//   checkpoints/<tenant>.handover-<g>   signed with the keys of generations g-1 and g, at the size
//                                       from which on g signs: for who trusts the older key
//   checkpoints/published.list          the tenants that have a checkpoint, one a line, so that
//                                       the loss of one shows
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "ledger/checkpoint.h"
#include "store/batch.h"
#include "store/identities.h"
#include "store/keeping/mark.h"
#include "store/signers.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

struct SavedCheckpoint {
  std::string note;
  ledger::TreeHead head;
  ledger::Generation generation = ledger::kFirstGeneration;  // Of the key that signed it.
  std::optional<ledger::Frontier> frontier;                  // Nothing: no peaks were kept with it.
  std::optional<Timestamp> written_at;                       // By the file system's word.
  bool is_note_current = true;  // Whether the note's own file has it too.
};

// Appends a tenant's committed leaves from the frontier's size up to that size.
using LeafSource = std::function<Result<void>(const Tenant&, ledger::Frontier&, std::uint64_t)>;

class Checkpoints {
 public:
  Checkpoints(std::string directory, const Signers& signers, LeafSource leaves)
      : directory_(std::move(directory)), signers_(signers), leaves_(std::move(leaves)) {}

  // Tells which keys the logs have. Before the first publish(), and before anybody can see a head
  // that has other keys. Thread-safe.
  void know(std::shared_ptr<const Identities> identities);

  // The signed checkpoint of the tenant's log at `head`, or of a larger one published meanwhile. It
  // is durable on return, and so is every handover up to its key; or the Error says why not.
  // REQUIRES: `head` is committed. Thread-safe; blocks on the disk.
  Result<std::string> publish(const Tenant& tenant, const Head& head);

  // Brings the notes' own files up to date. Thread-safe; blocks on the disk.
  Result<void> write_notes();

  // The signed checkpoint of an older head of the same log, for who proves something in it; by the
  // key that the log had at that size.
  // REQUIRES: `head` is one that the log had, and no larger than what was published.
  Result<std::string> sign(const Tenant& tenant, const ledger::TreeHead& head) const;

  // How large the log was that was last published; zero if none ever was. Fails as saved().
  Result<std::uint64_t> published_size(const Tenant& tenant) const;

  // What was last published, or nothing. Code::corrupt if it is none of this tenant's keys;
  // Code::rolled_back if there was one and it is gone.
  Result<std::optional<SavedCheckpoint>> saved(const Tenant& tenant) const;

  // The checkpoint in the note, whichever of the log's keys signed it: one that was rolled back
  // does not know its newest. Code::corrupt if none did.
  Result<SavedCheckpoint> opened(const Tenant& tenant, const std::string& note) const;

  // Goes on from what saved() told and a check has found good. Before the first publish().
  void resume(const Tenant& tenant, const SavedCheckpoint& saved, const ledger::Frontier& frontier);

  // Makes good what a crash between a rotation and its handover left undone.
  Result<void> hand_over(const Tenant& tenant, std::uint64_t size);

  // The note that was last published, by this process or one before. Code::not_found if none was.
  Result<std::string> newest(const Tenant& tenant);

  // The names of all tenants that have one.
  Result<std::vector<std::string>> tenants() const;

 private:
  struct Published {
    std::uint64_t size = 0;
    std::string note;
    ledger::Frontier frontier;
    bool is_note_current = false;
    bool is_listed = false;
    ledger::Generation handed_over = ledger::kFirstGeneration;
    std::optional<MarkFile> mark;
  };

  std::shared_ptr<const Identities> known() const;
  std::string path_of(const Tenant& tenant, std::string_view suffix) const;
  // These are called with mutex_ held.
  Result<void> hand_over_until(const Tenant& tenant, Published& published, std::uint64_t size);
  Result<void> write_handover(const Tenant& tenant, const LogKey& key,
                              const ledger::Frontier& nearest);
  Result<void> write_note(const Tenant& tenant, Published& published);
  Result<void> list(const Tenant& tenant);

  const std::string directory_;
  const Signers& signers_;
  const LeafSource leaves_;

  // Held while signing and writing: of two checkpoints of one log the smaller must be durable
  // first.
  mutable std::mutex mutex_;
  std::map<TenantNumber, Published> published_;  // Guarded by mutex_.

  // Of its own, so that nobody who only asks waits for the disk.
  mutable std::mutex keys_mutex_;
  std::shared_ptr<const Identities> identities_;  // Guarded by keys_mutex_.
};

// The note in the tenant's checkpoint files that promises most, by its own word: nothing is
// verified. Nothing if there is none.
Result<std::optional<std::string>> newest_note(const std::string& directory,
                                               std::string_view tenant);

// Appends the stored leaves from the frontier's size up to `size`. Code::corrupt if one is missing.
Result<void> extend(Connection& connection, const Tenant& tenant, ledger::Frontier& frontier,
                    std::uint64_t size);

// Whether the database is what the checkpoints promised, and its heads what its events say: no log
// shorter than its checkpoint, the same root where they meet, the leaves from there to the head
// re-hashed, the last event's bytes hashed. Time grows with what came after the checkpoints only.
// Code::rolled_back if it is not what was promised, Code::corrupt if it is not even what it says
// itself; with the tenant and the sizes.
Result<void> check_logs(Connection& connection, const Identities& identities,
                        Checkpoints& checkpoints);

}  // namespace assent::store
