#include "store/bundle/stored_source.h"

#include "domain/event.h"
#include "domain/principal.h"
#include "ledger/checkpoint.h"
#include "store/blobs.h"
#include "store/bundle/log_keys.h"
#include "store/checkpoints.h"
#include "store/files.h"
#include "store/proofs/tree.h"
#include "store/read.h"
#include "store/search/facets.h"
#include "store/search/search_terms.h"
#include "store/sqlite/sqlite_connection.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace assent::store {
namespace {

constexpr std::string_view kHasTree = R"sql(
  SELECT 1
    FROM sqlite_schema
   WHERE type = 'table' AND name = 'nodes')sql";

constexpr std::string_view kTenant = R"sql(
  SELECT number
    FROM tenants
   WHERE name = $1)sql";

constexpr std::string_view kHead = R"sql(
  SELECT size
    FROM heads
   WHERE tenant = $1)sql";

constexpr std::string_view kEvents = R"sql(
  SELECT position, leaf, body
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

// Each statement is a transaction of its own, so that a long export does not keep a running server
// from moving its write-ahead log. It sees one log nevertheless: events never change.
constexpr std::uint64_t kEventsPerStatement = 10'000;

Error damaged(std::uint64_t sequence, const std::string& what) {
  return {Code::corrupt, "event " + std::to_string(sequence) + " of the log " + what};
}

class StoredSource final : public BundleSource {
 public:
  explicit StoredSource(const std::string& directory)
      : directory_(directory), blobs_(directory + "/blobs") {}

  Result<void> open(const StoredLog& from);

  const BundleLog& log() const override { return log_; }
  Result<void> walk(SequenceRange range, const Visitor& visit) override;
  Result<void> find(const EventQuery& query, SequenceRange range, const Visitor& visit) override;
  Result<Hash> node(ledger::Node node) override { return nodes_(node); }
  Result<std::string> blob(const Hash& hash) override { return blobs_.get(tenant_, hash); }

 private:
  Result<void> check_version();
  Result<void> find_tenant();
  Result<void> read_size();
  Result<void> read_keys();
  struct Notes {
    std::optional<std::string> given, published, cosigned;
  };
  Result<void> choose(const Notes& notes);
  Result<void> read_witnesses();
  Result<std::optional<std::string>> file(const std::string& name) const;
  Result<std::string> event(std::uint64_t sequence);

  std::string directory_;
  Blobs blobs_;
  std::unique_ptr<Connection> connection_;
  TenantNumber tenant_{};
  ledger::NodeSource nodes_;
  BundleLog log_;
};

// A file of the checkpoints' directory, or nothing if it is absent.
Result<std::optional<std::string>> StoredSource::file(const std::string& name) const {
  auto bytes = read_file(directory_ + "/checkpoints/" + name);
  if (bytes) return std::optional(*std::move(bytes));
  if (bytes.error().code == Code::not_found) return std::optional<std::string>();
  return bytes.error();
}

// What is missing, a server of this version adds when it opens the store; an export only reads.
Result<void> StoredSource::check_version() {
  const auto rows = TRY(connection_->query(kHasTree));
  if (TRY(rows->next())) return {};
  return Error{Code::unavailable,
               "The store is of an older version: serve it once with this one, then export."};
}

Result<void> StoredSource::find_tenant() {
  const auto rows = TRY(connection_->query(kTenant, {log_.tenant}));
  if (!TRY(rows->next())) return Error{Code::not_found, "There is no such tenant."};
  tenant_ = TenantNumber{rows->integer(0)};
  return {};
}

Result<void> StoredSource::read_size() {
  const auto rows = TRY(connection_->query(kHead, {static_cast<std::int64_t>(tenant_)}));
  if (!TRY(rows->next())) return Error{Code::corrupt, "the log of the tenant has no head"};
  log_.known_size = static_cast<std::uint64_t>(rows->integer(0));
  if (log_.known_size == 0) return Error{Code::corrupt, "the log of the tenant is empty"};
  return {};
}

Result<std::string> StoredSource::event(std::uint64_t sequence) {
  std::string event;
  TRY(walk({sequence, sequence + 1}, [&](std::uint64_t, std::string_view bytes) {
    event = bytes;
    return Result<void>();
  }));
  return event;
}

// Each handover tells by its size which event it belongs to, so no search for them is needed.
Result<void> StoredSource::read_keys() {
  const std::string created = TRY(event(0));
  log_.origin = TRY(stored_event_from(created)).source;
  log_.keys.push_back(TRY(first_key(created)));
  for (int generation = 2;; ++generation) {
    auto note = TRY(file(log_.tenant + ".handover-" + std::to_string(generation)));
    if (!note) return {};
    const auto claimed = claimed_size(*note);
    if (!claimed) {
      return Error{Code::corrupt,
                   "a handover of the log's keys is none: " + claimed.error().detail};
    }
    const std::uint64_t size = *claimed;
    // Written beside a commit that a crash took back, or of a log that was rolled back.
    if (size == 0 || size > log_.known_size) return {};
    log_.keys.push_back(TRY(rotated_key(TRY(event(size - 1)), std::move(note))));
  }
}

Result<void> StoredSource::choose(const Notes& notes) {
  if (!notes.given && !notes.published) {
    return Error{Code::invalid_state,
                 "The tenant has no published checkpoint yet: serve the store for a moment."};
  }
  const auto chosen = choose_checkpoint(log_, notes.given ? *notes.given : *notes.published);
  if (!chosen) {
    return Error{notes.given ? Code::unprocessable : Code::corrupt,
                 "the checkpoint is none that the log's key vouches for: " + chosen.error().detail};
  }
  if (ledger::number(log_.head.size) > log_.known_size) {
    return Error{Code::corrupt, "the log has " + std::to_string(log_.known_size) +
                                    " events, but its checkpoint promised " +
                                    std::to_string(ledger::number(log_.head.size))};
  }
  // The same promise with more signatures.
  if (notes.given || !notes.cosigned) return {};
  const auto cosigned = open_by(log_.keys, *notes.cosigned);
  if (cosigned && *cosigned == log_.head) log_.checkpoint = *notes.cosigned;
  return {};
}

Result<void> StoredSource::read_witnesses() {
  auto policy = read_file(directory_ + "/witness-policy");
  if (!policy) {
    return policy.error().code == Code::not_found ? Result<void>() : Result<void>(policy.error());
  }
  log_.witness_keys = witness_keys_in(*policy);
  log_.witness_policy = *std::move(policy);
  return {};
}

Result<void> StoredSource::open(const StoredLog& from) {
  std::error_code failure;
  if (!std::filesystem::exists(directory_ + "/ledger.db", failure)) {
    return Error{Code::not_found, "There is no store in this directory."};
  }
  log_.tenant = from.tenant;
  if (!is_tenant_name(log_.tenant)) return Error{Code::not_found, "There is no such tenant."};
  // Before the log's size is read: a running server publishes only what is committed.
  auto published = TRY(newest_note(directory_ + "/checkpoints", log_.tenant));
  auto cosigned = TRY(file(log_.tenant + ".cosigned"));
  const Notes notes{
      .given = from.checkpoint, .published = std::move(published), .cosigned = std::move(cosigned)};
  connection_ =
      TRY(open_sqlite({.path = directory_ + "/ledger.db", .mode = SqliteMode::read_only}));
  TRY(check_version());
  TRY(find_tenant());
  nodes_ = stored_nodes(*connection_, tenant_);
  TRY(read_size());
  TRY(read_keys());
  TRY(choose(notes));
  return read_witnesses();
}

Result<void> StoredSource::walk(SequenceRange range, const Visitor& visit) {
  for (std::uint64_t next = range.begin; next < range.end;) {
    const std::uint64_t end = std::min(range.end, next + kEventsPerStatement);
    const auto rows =
        TRY(connection_->query(kEvents, {position_of(tenant_, next), position_of(tenant_, end)}));
    for (; next < end; ++next) {
      if (!TRY(rows->next()) || rows->integer(0) != position_of(tenant_, next)) {
        return damaged(next, "is missing");
      }
      const std::string_view body = rows->bytes(2);
      if (hash_from_bytes(rows->bytes(1)) != ledger::hash_leaf(body)) {
        return damaged(next, "is not what its leaf says");
      }
      TRY(visit(next, body));
    }
  }
  return {};
}

// Not through the search index, which belongs to one process at a time and may be rebuilding.
Result<void> StoredSource::find(const EventQuery& query, SequenceRange range,
                                const Visitor& visit) {
  const Filters filters = filters_of(query);
  return walk(range, [&](std::uint64_t sequence, std::string_view bytes) -> Result<void> {
    const auto facets = facets_of(bytes);
    if (!facets) return damaged(sequence, "is no event");
    return matches(*facets, filters) ? visit(sequence, bytes) : Result<void>();
  });
}

}  // namespace

Result<std::unique_ptr<BundleSource>> open_stored_log(const StoredLog& from) {
  auto source = std::make_unique<StoredSource>(from.directory);
  TRY(source->open(from));
  return std::unique_ptr<BundleSource>(std::move(source));
}

}  // namespace assent::store
