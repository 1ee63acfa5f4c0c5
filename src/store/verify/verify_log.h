// Part of verify: one tenant's log, event by event, from its first.
#pragma once

#include "base/result.h"
#include "domain/event.h"
#include "ledger/tile_tree.h"
#include "store/blobs.h"
#include "store/connection.h"
#include "store/verify/verify_causes.h"
#include "store/verify/verify_ids.h"
#include "store/verify/verify_nodes.h"
#include "store/verify/verify_notes.h"
#include "store/verify/verify_store.h"
#include "verify/key_history.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace assent::store {

// A decision call writes two events, the attempt and its outcome, side by side.
class VerifyPairs {
 public:
  // Code::corrupt if `event` should not follow the one before it; see blamed().
  Result<void> add(const StoredEvent& event);
  // The next event is one of an emitter: neither attempt nor outcome.
  Result<void> add_other();
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
    const std::map<std::string, std::vector<VerifyNote>>& notes;  // By tenant.
    const std::vector<VerifyNote>& kept;                          // Of any log.
  };
  explicit VerifyLog(const Parts& parts)
      : parts_(parts),
        causes_(parts.tenant),
        ids_(parts.tenant),
        nodes_(parts.source, parts.tenant) {}

  // The event in the place after the one before, its stored leaf, its stored bytes.
  Result<void> add(std::uint64_t sequence, std::string_view leaf, std::string_view body);

  // What the table of heads says of it.
  struct StoredHead {
    std::uint64_t size = 0;
    Timestamp time;
    std::string peaks;
  };
  Result<void> finish(const StoredHead& head);

  std::uint64_t size() const { return ledger::number(tree_.size()); }
  // Nothing where the fault is the log's as a whole.
  std::optional<std::uint64_t> blamed() const { return blamed_; }
  // The tenant's name, where the log has told it.
  const std::string& name() const { return name_; }
  TenantReport report() const;

 private:
  Result<void> add_bytes(std::uint64_t sequence, std::string_view leaf, std::string_view body);
  Result<void> append(std::string_view leaf, std::string_view body);
  Result<void> add_emitted(const EventView& event, std::uint64_t sequence);
  Result<void> add_event(const StoredEvent& event);
  Result<void> found(const StoredEvent& event);
  Result<void> read_keys(const StoredEvent& event);
  Result<void> check_sequence(std::uint64_t said, std::uint64_t sequence) const;
  Result<void> check_place(std::string_view tenant, std::string_view source, Timestamp time);
  Result<void> check_content(const StoredEvent& event);
  Result<void> check_hashed(std::optional<std::string_view> hash, const Json* content,
                            const Json* blob);
  Result<void> check_blob(const Json& named);       // By its member `sha256`.
  Result<void> check_blob(std::string_view named);  // `sha256:…`
  Result<void> collect_notes();
  Result<void> check_notes(std::uint64_t size);
  Result<void> blame_attempt(Result<void> paired);
  Result<void> resolve_causes();
  Result<void> resolve_ids();

  Parts parts_;
  ledger::TileTree tree_;
  EventScan scan_;
  VerifyCauses causes_;
  VerifyIds ids_;
  VerifyPairs pairs_;
  VerifyNodes nodes_;
  VerifyNotes notes_;
  verify::KeyHistory keys_;

  std::string name_;
  std::string origin_;
  std::string verifier_key_;
  Timestamp time_;  // Of the last event.
  std::unordered_set<std::string> good_blobs_;
  std::optional<std::uint64_t> blamed_;
};

}  // namespace assent::store
