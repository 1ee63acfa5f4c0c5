// The open transaction of the writer thread: which logs it appends to, at what time, and what it
// changes that others must hear of after the commit.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/event.h"
#include "domain/principal.h"
#include "ledger/merkle.h"
#include "store/batch_report.h"
#include "store/connection.h"
#include "store/read.h"
#include "store/signers.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace assent::store {

// A log's right edge and the time of its last event.
struct Head {
  ledger::Frontier frontier;
  Timestamp time;  // Of the last event; the epoch where there is none.

  std::uint64_t size() const { return ledger::number(frontier.size()); }
};

// The committed head of one tenant (an empty log if it has none), and of all.
// Code::corrupt if the peaks kept beside the size do not fit it.
Result<Head> load_head(Connection& connection, TenantNumber tenant);
using Heads = std::map<TenantNumber, Head>;
Result<Heads> load_heads(Connection& connection);

// What a commit changed, for those who follow.
struct Changes {
  std::vector<TenantNumber> logs;
  std::vector<std::pair<TenantNumber, ApprovalId>> approvals;  // May repeat.
  std::vector<TenantNumber> policies;                          // May repeat.
  bool has_identities = false;                                 // A tenant, principal or key.
  std::vector<CountedEvent> governed;
  std::uint64_t emitted = 0;  // Events of the other kind.
};

// One transaction's worth of jobs. The caller begins and ends the transaction, and throws the heads
// away (or reloads them) whenever it did not end in a commit.
class Batch {
 public:
  struct Parts {
    Connection& connection;
    Heads& heads;  // Kept from batch to batch: a cache of the table of that name.
    const Signers& signers;
    Timestamp sample;  // The one clock sample of this commit.
  };
  explicit Batch(const Parts& parts) : parts_(parts) {}

  // The time of this commit in the tenant's log: the sample, or that of its last event if the clock
  // has been set back since.
  Result<Timestamp> now(TenantNumber tenant);
  Result<std::uint64_t> size(TenantNumber tenant);

  // Appends to the tenant's log. Code::too_large changes nothing.
  Result<EventRef> append(TenantNumber tenant, const PreparedEvent& event);
  // Notes whom the commit of this governed event concerns.
  void note(TenantNumber tenant, const Event& event);
  void note_emitted() { ++changes_.emitted; }

  // A job is between begin_job() and one of the other two. An Error from any of them means that the
  // whole transaction is lost.
  Result<void> begin_job();
  Result<void> keep_job();
  Result<void> undo_job();

  // Writes the changed heads. Last before COMMIT.
  Result<void> write_heads();

  const Changes& changes() const { return changes_; }
  // Whether a job of this batch has put another policy into force for the tenant.
  bool has_changed_policy(TenantNumber tenant) const;
  // Whether the job that was just kept took rights away (a key, a role), so that the jobs behind it
  // must be looked at with fresh eyes.
  bool job_took_rights() const { return job_took_rights_; }
  const Signers& signers() const { return parts_.signers; }

 private:
  Result<Head*> head(TenantNumber tenant);
  void remember(TenantNumber tenant, const Head& head);

  Parts parts_;
  Changes changes_;

  // What undo_job() restores.
  std::vector<std::pair<TenantNumber, Head>> heads_before_job_;
  std::size_t logs_before_job_ = 0;
  std::size_t approvals_before_job_ = 0;
  std::size_t policies_before_job_ = 0;
  bool had_identities_before_job_ = false;
  std::size_t governed_before_job_ = 0;
  std::uint64_t emitted_before_job_ = 0;

  bool job_took_rights_ = false;
};

}  // namespace assent::store
