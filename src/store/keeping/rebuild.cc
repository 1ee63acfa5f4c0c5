#include "store/keeping/rebuild.h"

#include "store/batch.h"
#include "store/files.h"
#include "store/proofs/tree.h"
#include "store/search/search.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/state/projection.h"
#include "store/verify/verify_state.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <vector>

namespace assent::store {

namespace {

constexpr std::string_view kEvents = R"sql(
  SELECT position, leaf, body
    FROM events
   ORDER BY position)sql";

constexpr std::string_view kNodeTriggers = R"sql(
  SELECT sql
    FROM sqlite_schema
   WHERE type = 'trigger' AND tbl_name = 'nodes'
   ORDER BY name)sql";

constexpr int kSequenceBits = 40;
constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << kSequenceBits) - 1;
constexpr auto kPatience = std::chrono::seconds(5);

Error corrupt_at(std::int64_t position, const std::string& what) {
  return {Code::corrupt,
          "the event " + std::to_string(static_cast<std::uint64_t>(position) & kSequenceMask) +
              " of tenant number " + std::to_string(position >> kSequenceBits) + " " + what};
}

Result<void> apply(Connection& target, std::int64_t position, std::string_view body) {
  const auto event = stored_event_from(body);
  if (!event) return corrupt_at(position, "cannot be read: " + event.error().detail);
  auto projected = project(target, {.tenant = position >> kSequenceBits,
                                    .sequence = event->sequence,
                                    .time = event->time,
                                    .id = event->id,
                                    .type = event->type,
                                    .subject = event->subject,
                                    .correlation_id = event->correlation_id,
                                    .data = event->data,
                                    .causation = event->causation});
  if (projected || projected.error().code != Code::corrupt) return projected;
  return corrupt_at(position, "cannot be replayed: " + projected.error().detail);
}

// Every event of the source into the target's state, which is empty. The log is held to its own
// hashes on the way.
Result<std::uint64_t> replay(Connection& source, Connection& target) {
  std::map<TenantNumber, ledger::Frontier> logs;
  std::uint64_t events = 0;
  const auto rows = TRY(source.query(kEvents));
  while (TRY(rows->next())) {
    const std::int64_t position = rows->integer(0);
    ledger::Frontier& frontier = logs[static_cast<TenantNumber>(position >> kSequenceBits)];
    if (ledger::number(frontier.size()) != (static_cast<std::uint64_t>(position) & kSequenceMask)) {
      return corrupt_at(position, "does not follow the one before it");
    }
    const Hash leaf = ledger::hash_leaf(rows->bytes(2));
    if (rows->bytes(1) != as_bytes(leaf)) {
      return corrupt_at(position, "does not hash to its leaf");
    }
    frontier.append(leaf);
    TRY(apply(target, position, rows->bytes(2)));
    ++events;
  }
  const Heads heads = TRY(load_heads(source));
  const bool is_whole = std::ranges::equal(heads, logs, [](const auto& head, const auto& log) {
    return head.first == log.first && head.second.frontier == log.second;
  });
  if (!is_whole) return Error{Code::corrupt, "the log's events do not hash to its heads"};
  return events;
}

Result<std::unique_ptr<Connection>> empty_state() {
  auto connection = TRY(open_sqlite({.path = ":memory:"}));
  TRY(migrate(*connection, sqlite_migrations()));
  return connection;
}

struct Replayed {
  std::uint64_t events = 0;
  std::optional<std::string> difference;
};

Result<Replayed> compare(Connection& live) {
  const auto fresh = TRY(empty_state());
  TRY(fresh->begin());
  Replayed replayed{.events = TRY(replay(live, *fresh)), .difference = std::nullopt};
  const auto found = TRY(state_difference({.live = live, .replayed = *fresh}));
  if (found) replayed.difference = found->what;
  return replayed;
}

// Forgets the stored nodes of all trees; what keeps them from being changed is put back as it was.
Result<void> forget_nodes(Connection& connection) {
  std::vector<std::string> triggers;
  {
    const auto rows = TRY(connection.query(kNodeTriggers));
    while (TRY(rows->next())) triggers.emplace_back(rows->text(0));
  }
  TRY(
      connection.script("DROP TRIGGER IF EXISTS nodes_are_never_updated; "
                        "DROP TRIGGER IF EXISTS nodes_are_never_deleted; DELETE FROM nodes"));
  for (const std::string& trigger : triggers) TRY(connection.script(trigger));
  return {};
}

Result<void> refill(Connection& connection) {
  for (const StateTable& table : state_tables()) TRY(connection.script(table.delete_all));
  TRY(replay(connection, connection));
  const Replayed again = TRY(compare(connection));
  if (!again.difference) return {};
  return Error{Code::internal, "the state was not rebuilt as it should be: " + *again.difference};
}

}  // namespace

Result<std::optional<std::string>> difference_from_replay(const std::string& directory) {
  const auto live =
      TRY(open_sqlite({.path = directory + "/ledger.db", .mode = SqliteMode::read_only}));
  TRY(live->begin_snapshot());
  return TRY(compare(*live)).difference;
}

Result<Rebuilt> rebuild_state(const std::string& directory) {
  const DirectoryLock lock = TRY(DirectoryLock::take(directory));
  const auto connection =
      TRY(open_sqlite({.path = directory + "/ledger.db", .mode = SqliteMode::read_write}));
  TRY(migrate(*connection, sqlite_migrations()));
  // Before anything is deleted, so that a log that cannot be replayed keeps the state it had.
  const Replayed before = TRY(compare(*connection));
  TRY(connection->begin());
  auto refilled = refill(*connection);
  if (refilled) refilled = forget_nodes(*connection);
  if (!refilled) {
    connection->rollback();
    return refilled.error();
  }
  TRY(connection->commit());
  // A crash from here on leaves this to the next start.
  for (const auto& [tenant, head] : TRY(load_heads(*connection))) {
    TRY(complete_tree(*connection, tenant, head.size()));
  }
  return Rebuilt{.events = before.events, .difference = before.difference};
}

Result<std::uint64_t> rebuild_search(const std::string& directory) {
  const DirectoryLock lock = TRY(DirectoryLock::take(directory));
  const auto connect = [&directory] {
    return open_sqlite({.path = directory + "/ledger.db", .mode = SqliteMode::read_only});
  };
  const auto connection = TRY(connect());
  std::error_code fault;
  std::filesystem::remove_all(directory + "/search", fault);
  if (fault) return Error{Code::unavailable, "the search index cannot be deleted"};

  const auto search = TRY(Search::open({.directory = directory + "/search", .connect = connect}));
  std::uint64_t events = 0;
  const Heads heads = TRY(load_heads(*connection));
  for (const auto& [tenant, head] : heads) search->committed(tenant, head.size());
  for (const auto& [tenant, head] : heads) {
    // A query by the index is answered when the index has come that far.
    const EventQuery founding{.types = {"ledger.created"}, .end_sequence = head.size(), .limit = 1};
    for (;;) {
      const auto found = search->find(*connection, tenant, founding, kPatience);
      if (found) break;
      if (found.error().code != Code::unavailable || search->is_failing()) return found.error();
    }
    events += head.size();
  }
  return events;
}

}  // namespace assent::store
