// Part of verify: one tenant's log, event by event, from its first.
#pragma once

#include "base/result.h"
#include "domain/event.h"
#include "ledger/checkpoint.h"
#include "ledger/log_check.h"
#include "store/blobs.h"
#include "store/connection.h"
#include "store/verify/verify_causes.h"
#include "store/verify/verify_store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace assent::store {

// A decision call writes two events, the attempt and its outcome, side by side.
class VerifyPairs {
 public:
  // Code::corrupt if `event` should not follow the one before it; see blamed().
  Result<void> add(const StoredEvent& event);
  // At the log's end.
  Result<void> finish();
  // Where the attempt is that lacks its outcome, after add() or finish() said so.
  std::optional<std::uint64_t> blamed() const { return blamed_; }

 private:
  struct Attempt {
    std::uint64_t sequence;
    std::string approval;
    std::string trace_id;
  };
  std::optional<Attempt> open_;  // What the event before was, if it was an attempt.
  std::optional<std::uint64_t> blamed_;
};

// Checks a log as it is fed, replays it, and remembers what a report wants to know.
//
// Every fault is Code::corrupt, and blamed() is its sequence; other Errors are the connections'.
class VerifyLog {
 public:
  struct Parts {
    TenantNumber tenant;
    Connection& source;  // Where the events come from.
    Connection& replay;  // An empty state, in an open transaction.
    const Blobs& blobs;
    const std::map<std::string, std::string>& notes;  // Checkpoint files, by tenant.
  };
  explicit VerifyLog(const Parts& parts) : parts_(parts), causes_(parts.tenant) {}

  // The event in the place after the one before, its stored leaf, its stored bytes.
  Result<void> add(std::uint64_t sequence, std::string_view leaf, std::string_view body);

  // What the table of heads says of it.
  struct StoredHead {
    std::uint64_t size = 0;
    Timestamp time;
    std::string peaks;
  };
  Result<void> finish(const StoredHead& head);

  std::uint64_t size() const { return ledger::number(check_.size()); }
  // Nothing where the fault is the log's as a whole.
  std::optional<std::uint64_t> blamed() const { return blamed_; }
  // The tenant's name, where the log has told it.
  const std::string& name() const { return name_; }
  TenantReport report() const;

 private:
  Result<void> add_bytes(std::uint64_t sequence, std::string_view leaf, std::string_view body);
  Result<void> add_event(const StoredEvent& event);
  Result<void> found(const StoredEvent& event);
  Result<void> check_place(const StoredEvent& event) const;
  Result<void> check_content(const StoredEvent& event);
  Result<void> check_blob(const Json& named);
  Result<void> open_note();
  Result<void> rotate(const StoredEvent& event);
  Result<void> check_checkpoint() const;
  Result<void> resolve_causes();

  Parts parts_;
  ledger::LogCheck check_;
  VerifyCauses causes_;
  VerifyPairs pairs_;

  std::string name_;
  std::string origin_;
  std::string verifier_key_;
  Timestamp time_;  // Of the last event.
  std::optional<ledger::Checkpoint> checkpoint_;
  std::optional<std::string> unopened_;  // Why no key of the log so far vouches for the note.
  std::unordered_set<std::string> good_blobs_;
  std::optional<std::uint64_t> blamed_;
};

}  // namespace assent::store
