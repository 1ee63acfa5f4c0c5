// What an operation sees of the store: one tenant, one moment, one caller.
//
// `Read` is a snapshot on a reader thread; `Write` a job on the writer thread, inside its
// savepoint. Neither outlives the operation's function. Whoever takes a `const Read&` cannot
// record.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/event.h"
#include "domain/policy.h"
#include "domain/principal.h"
#include "ledger/key.h"
#include "store/connection.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace assent::store {

class Blobs;
class PoliciesInForce;
class Prover;
class Search;

// A place in the log of the whole store: tenant number in the high bits, sequence in the low 40.
// One integer key carries both, so that events need no secondary index.
constexpr std::int64_t position_of(TenantNumber tenant, std::uint64_t sequence) {
  return (static_cast<std::int64_t>(tenant) << 40) | static_cast<std::int64_t>(sequence);
}

// Alive for as long as somebody keeps it, whatever is put into force meanwhile.
using KeptPolicy = std::shared_ptr<const Policy>;

class Read {
 public:
  struct Parts {
    Connection& connection;
    const Blobs& blobs;
    const Search* search;  // Null on the writer thread, where nothing may wait for the index.
    const Caller& caller;
    Timestamp now;
    std::uint64_t size;                         // Of the tenant's log, as of this snapshot.
    const Prover* prover = nullptr;             // Null on the writer thread.
    const PoliciesInForce* policies = nullptr;  // Of the writer; null elsewhere.
  };
  explicit Read(const Parts& parts) : parts_(parts) {}

  Connection& connection() const { return parts_.connection; }
  const Blobs& blobs() const { return parts_.blobs; }
  const Search& search() const;  // REQUIRES: not on the writer thread.
  const Prover& prover() const;  // REQUIRES: not on the writer thread.
  const Caller& caller() const { return parts_.caller; }
  const Tenant& tenant() const { return parts_.caller.tenant; }
  std::int64_t tenant_key() const { return static_cast<std::int64_t>(tenant().number); }
  // The commit's one clock sample; never before the time of the tenant's last event.
  Timestamp now() const { return parts_.now; }
  std::uint64_t size() const { return parts_.size; }

 protected:
  Parts parts_;
};

// Where the log put an event.
struct EventRef {
  EventId id;
  std::uint64_t sequence = 0;
  Timestamp time;
};

class Batch;

class Write : public Read {
 public:
  Write(const Parts& parts, Batch& batch, const TraceId& trace, Random& random)
      : Read(parts), batch_(batch), trace_(trace), random_(random) {}

  // Appends the event to the tenant's log and applies it to the state tables (projection.h), both
  // inside this job's savepoint. This is the only way to change state, so that there is no state
  // without its event and no event without its state.
  // Errors: Code::too_large (entry over 65,535 bytes), and the connection's.
  Result<EventRef> record(const Event& event);  // The caller is the actor.
  Result<EventRef> record_as(const Actor& actor, const Event& event);
  // An emitted event, rendered beforehand on another thread. `said` is what it was rendered from,
  // with its actor, if it has state to apply. REQUIRES: not of a governed type.
  Result<EventRef> record_prepared(const PreparedEvent& event,
                                   const std::optional<Event>& said = std::nullopt);

  // The tenant's policy in force, as this job sees it: one that an earlier job of the same commit
  // has put counts. From memory; Code::corrupt if its document is lost.
  Result<KeptPolicy> policy() const;

  // Where the last event that this job has recorded in the caller's log is; nothing if it has none.
  Result<std::optional<std::uint64_t>> last_recorded() const;

  // The same job as another caller, in that caller's tenant: for founding a tenant, whose first
  // events go into its own log. REQUIRES: `caller` outlives the result.
  Result<Write> as(const Caller& caller) const;
  // The verifier key (text) of the log called `origin`, of that generation.
  Result<std::string> verifier_key(std::string_view origin, ledger::Generation generation) const;

  const TraceId& trace() const { return trace_; }
  Random& random() const { return random_; }
  template <class IdType>
  IdType make_id() const {
    return IdType::make(now(), random_);
  }

 private:
  Batch& batch_;
  const TraceId& trace_;
  Random& random_;
};

}  // namespace assent::store
