// The store of one server: the log, the state, the index and the blobs, and the threads that own
// them. Composition of the parts in this folder; see docs/architecture.md for the picture.
//
//   write jobs ──► Writer (one thread) ──commit──► completions, Search::committed, Watch
//   read jobs  ──► reader pool (snapshots)
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "domain/event.h"
#include "ledger/cosignature.h"
#include "ledger/merkle.h"
#include "store/batch_report.h"
#include "store/blobs.h"
#include "store/event_ids.h"
#include "store/identities.h"
#include "store/proofs/receipt.h"
#include "store/read.h"
#include "store/search/search.h"
#include "store/state/deadlines.h"
#include "store/state/policies_in_force.h"
#include "store/vitals.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace assent::store {

// A job for the writer. `run` is called on the writer thread inside the job's savepoint; a Result
// that is an Error rolls the job back. `done` is called on the writer thread once the job's effects
// are durable (or certainly absent, or uncertain); it must not block.
struct WriteJob {
  Caller caller;
  TraceId trace;
  std::function<Result<void>(Write&)> run;
  std::function<void(Result<void>)> done;
};

// A job for the reader pool. `run` sees a snapshot taken when it starts; `blobs` may be written.
struct ReadJob {
  Caller caller;
  std::function<void(Result<void>, const Read*)> run;  // Null Read with an Error, else both good.
};

struct StoreOptions {
  std::string directory;
  std::size_t readers = 2;
  std::size_t write_jobs_max = 8192;
  std::size_t read_jobs_max = 8192;
  std::string seal_file = {};  // With the passphrase of a sealed signing.key.
  bool needs_search = true;    // `assent init` and offline administration do without.
};

// What `assent init` made.
struct NewStore {
  std::string tenant;
  std::string admin_key;
  std::string verifier_key;
};

class Store {
 public:
  // Makes a new store in an absent or empty directory, with the tenant `default` and its admin.
  // Its key is sealed with the passphrase in `seal_file`, if one is named.
  static Result<NewStore> create(const std::string& directory, const std::string& host,
                                 const Clock& clock, Random& random,
                                 const std::string& seal_file = {});

  // Opens an existing store. Takes the directory's lock: Code::unavailable with a clear sentence if
  // another process has it. Checks the head against the last checkpoint file: Code::rolled_back if
  // the log is behind or inconsistent with it, Code::corrupt if it is damaged.
  static Result<std::unique_ptr<Store>> open(StoreOptions options, const Clock& clock,
                                             Random& random);
  ~Store();  // Drains the writer, stops the threads, closes.

  // Hands a job over. Code::overloaded if the queue is full, Code::corrupt once latched; `done` or
  // `run` is then never called. Thread-safe; never blocks.
  Result<void> write(WriteJob job);
  Result<void> read(ReadJob job);

  std::shared_ptr<const Identities> identities() const;  // Thread-safe.
  const Blobs& blobs() const;
  const PoliciesInForce& policies() const;
  const RememberedIds& remembered_ids() const;
  const Clock& clock() const;
  Random& random();

  // The tenant's signed checkpoint (C2SP note) of everything committed, with the cosignatures of
  // witnesses if they are of its size; made durable in its own file before it is returned.
  // Thread-safe; blocks (not for io threads).
  Result<std::string> checkpoint(const Tenant& tenant);
  std::string verifier_key(const Tenant& tenant) const;
  // How much of the log the last durable checkpoint vouches for. Thread-safe; may read the disk.
  Result<std::uint64_t> published_size(const Tenant& tenant) const;

  // The newest checkpoint that is durable, with the cosignatures of witnesses if they are of its
  // size. Code::not_found before the first. Thread-safe; may block on the disk.
  Result<std::string> published_checkpoint(const Tenant& tenant);
  // The newest checkpoint that witnesses have cosigned, or nothing; and what makes it so, durably.
  // keep_cosigned() REQUIRES a note whose signatures were verified. Thread-safe; blocks on the
  // disk.
  Result<std::optional<std::string>> cosigned_checkpoint(const Tenant& tenant) const;
  Result<void> keep_cosigned(const Tenant& tenant, const std::string& note);

  // The proof that the tenant's log only grew between two sizes. Code::unprocessable unless
  // from <= to <= its size. Thread-safe; blocks until a reader has answered, so not for readers.
  Result<std::vector<Hash>> consistency(const Tenant& tenant, ledger::Growth growth);

  // What signs where this store is a witness of other logs; its name is the host's and `/witness`.
  Result<ledger::Cosigner> cosigner() const;
  // The same without opening the store: works beside a server.
  static Result<ledger::Cosigner> cosigner(const std::string& directory,
                                           const std::string& seal_file);

  // What somebody takes home who has just written that event (receipt.h). Thread-safe; never
  // blocks.
  void receipt(const Tenant& tenant, std::uint64_t sequence, ReceiptDone done);

  // Calls `changed` (on the writer thread; must not block) after every commit that changed an
  // approval, with its tenant and id. One watcher only; set before the first job.
  using ApprovalChanged = std::function<void(TenantNumber, const ApprovalId&)>;
  void watch(ApprovalChanged changed);

  // The earliest deadline of anything that expires, in any tenant; nothing if none. For timers.
  Result<std::optional<Timestamp>> next_deadline();

  // What the server has to execute itself, in any tenant, after that one; at most `limit`.
  Result<std::vector<ToExecute>> to_execute(const ToExecute& after, std::int64_t limit);

  // What signs calls to the tenant's executors. A receiver needs it to know them from anybody's.
  Secret executor_secret(const Tenant& tenant) const;
  // The same of the tenant called so, without opening the store: works beside a server.
  // Code::not_found if there is no such tenant or store.
  static Result<Secret> executor_secret(const std::string& directory, std::string_view tenant,
                                        const std::string& seal_file = {});

  // Calls `counted` (on the writer thread; must not block) after every batch. One only; set before
  // the first job.
  void count(std::function<void(const BatchReport&)> counted);

  Health health() const;  // Thread-safe; never blocks.
  // How many events all logs have. Thread-safe.
  std::uint64_t events() const;

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace assent::store
