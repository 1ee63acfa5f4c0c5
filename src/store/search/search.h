// Every secondary index over events: a RocksDB that follows the log, written behind in large
// batches, never part of a commit, rebuilt from the log when missing, corrupt or of another format.
//
// Follower and queries are separate: one indexer thread follows; any reader thread queries.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/principal.h"
#include "store/connection.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// What can be asked of the log. All given filters must hold.
struct EventQuery {
  std::optional<std::string> type;         // Exact.
  std::optional<std::string> actor;        // data.actor.id, or `type:id`.
  std::optional<std::string> subject;      // The envelope's subject.
  std::optional<std::string> target;       // `type/id` or id of data.targetType / data.targetId.
  std::optional<std::string> approval_id;  // data.approvalId.
  std::optional<std::string> correlation_id;
  std::optional<std::string> trace_id;  // 32 hex digits.
  std::optional<std::string> outcome;   // data.outcome.
  std::optional<Timestamp> since;       // Inclusive.
  std::optional<Timestamp> until;       // Exclusive.
  std::uint64_t from_sequence = 0;      // Inclusive: where the page starts.
  std::uint64_t end_sequence = 0;       // Exclusive: the log's size as of the query.
  std::size_t limit = 100;
};

struct FoundEvent {
  std::uint64_t sequence = 0;
  std::string bytes;  // The canonical bytes.
};

struct FoundPage {
  std::vector<FoundEvent> events;              // Ascending sequence.
  std::optional<std::uint64_t> next_sequence;  // Where the next page starts; nothing: no more.
};

class Search {
 public:
  struct Options {
    std::string directory;
    // Opens a fresh connection for the indexer thread.
    std::function<Result<std::unique_ptr<Connection>>()> connect;
    std::size_t events_per_batch = 16384;  // Of a backlog; what follows commits is smaller.
  };
  // Opens or rebuilds, and starts the indexer. Never fails because the index is damaged.
  static Result<std::unique_ptr<Search>> open(Options options);
  ~Search();  // Stops the indexer; what is indexed is kept.

  // Told after every commit: the tenant's log has `size` events. Thread-safe, cheap.
  void committed(TenantNumber tenant, std::uint64_t size);

  // Answers once the index has reached `query.end_sequence`; waits for that at most `patience`,
  // then Code::unavailable. Events are read through `connection` (a snapshot at least as new).
  Result<FoundPage> find(Connection& connection, TenantNumber tenant, const EventQuery& query,
                         std::chrono::milliseconds patience = std::chrono::seconds(5)) const;

  // The sequence of the event with that id (32 hex digits of its UUID), or Code::not_found.
  Result<std::uint64_t> sequence_of(Connection& connection, TenantNumber tenant, const EventId& id,
                                    std::uint64_t end_sequence) const;

  // How many committed events are not indexed yet, over all tenants.
  std::uint64_t lag() const;
  // Whether the indexer could not go on when it last tried. It tries again by itself.
  bool is_failing() const;

 private:
  class Impl;
  explicit Search(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace assent::store
