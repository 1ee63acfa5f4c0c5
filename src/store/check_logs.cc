// What a start checks before it serves (checkpoints.h).
#include "base/text.h"
#include "domain/event.h"
#include "store/checkpoints.h"

namespace assent::store {

namespace {

constexpr std::string_view kLeaves = R"sql(
  SELECT position, leaf
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

constexpr std::string_view kBeyond = R"sql(
  SELECT position
    FROM events
   WHERE position >= $1 AND position < $2
   LIMIT 1)sql";

constexpr std::string_view kEvent = R"sql(
  SELECT leaf, body
    FROM events
   WHERE position = $1)sql";

Error corrupt(const Tenant& tenant, const std::string& what) {
  return {Code::corrupt, "the log of tenant " + tenant.name + " " + what};
}

std::string count(std::uint64_t number) {
  return std::to_string(number);
}

// A log and the keys that it says it has.
struct Log {
  const Tenant& tenant;
  const LogKeys& keys;
};

// Somebody was promised something else than what is there.
Error broken_promise(const Tenant& tenant, const SavedCheckpoint& saved,
                     const ledger::TreeHead& found) {
  const auto told = [](const ledger::TreeHead& head) {
    return count(ledger::number(head.size)) + " events with the root " +
           to_base64(as_bytes(head.root));
  };
  std::string promised = told(saved.head);
  if (saved.written_at) promised += ", in a checkpoint written at " + to_rfc3339(*saved.written_at);
  const bool is_behind = found.size < saved.head.size;
  return {Code::rolled_back,
          "the log of tenant " + tenant.name +
              (is_behind ? " has " + count(ledger::number(found.size)) +
                               " events, but its checkpoint promised " +
                               count(ledger::number(saved.head.size))
                         : " is not the one whose checkpoint of size " +
                               count(ledger::number(saved.head.size)) + " was published"),
          {{"promised", promised}, {"found", told(found)}}};
}

// The frontier at the checkpoint, believed because its root is the signed one.
Result<ledger::Frontier> at_checkpoint(Connection& connection, const Log& log,
                                       const SavedCheckpoint& saved) {
  const std::uint64_t size = ledger::number(saved.head.size);
  if (saved.generation != generation_at(log.keys, size)) {
    return Error{Code::rolled_back, "the log of tenant " + log.tenant.name +
                                        " has another key at the size of its checkpoint, " +
                                        count(size) + ", than the one that signed it"};
  }
  if (saved.frontier) return *saved.frontier;
  ledger::Frontier frontier;
  TRY(extend(connection, log.tenant, frontier, size));
  if (frontier.root() == saved.head.root) return frontier;
  return broken_promise(log.tenant, saved, frontier.head());
}

Result<void> check_last_event(Connection& connection, const Tenant& tenant, const Head& head) {
  if (head.size() == 0) return {};
  const std::uint64_t last = head.size() - 1;
  const auto rows = TRY(connection.query(kEvent, {position_of(tenant.number, last)}));
  if (!TRY(rows->next())) return corrupt(tenant, "lacks its last event, " + count(last));
  const Hash leaf = ledger::hash_leaf(rows->bytes(1));
  if (rows->bytes(0) != as_bytes(leaf)) {
    return corrupt(tenant, "has a last event, " + count(last) + ", that does not hash to its leaf");
  }
  const auto event = stored_event_from(rows->bytes(1));
  if (!event)
    return corrupt(tenant, "has a last event that cannot be read: " + event.error().detail);
  if (event->sequence == last && event->tenant == tenant.name && event->time == head.time)
    return {};
  return corrupt(tenant, "has a last event, " + count(last) + ", that its head does not describe");
}

Result<void> check_end(Connection& connection, const Tenant& tenant, const Head& head) {
  const auto next_tenant = static_cast<TenantNumber>(static_cast<std::int64_t>(tenant.number) + 1);
  const auto beyond = TRY(connection.query(
      kBeyond, {position_of(tenant.number, head.size()), position_of(next_tenant, 0)}));
  if (TRY(beyond->next())) {
    return corrupt(tenant, "has events beyond its size, " + count(head.size()));
  }
  return check_last_event(connection, tenant, head);
}

// A log that is not even what it says itself is damaged. One that is, but not what was promised, is
// another log: a rolled back or a forked one.
Result<void> require_whole(Connection& connection, const Tenant& tenant, const Head& head) {
  ledger::Frontier frontier;
  TRY(extend(connection, tenant, frontier, head.size()));
  if (frontier != head.frontier) {
    return corrupt(tenant, "of " + count(head.size()) + " events does not hash to its head");
  }
  return check_end(connection, tenant, head);
}

// The frontier at the checkpoint; that of no events if there is none.
Result<ledger::Frontier> check_log(Connection& connection, const Log& log,
                                   const std::optional<SavedCheckpoint>& saved) {
  const Tenant& tenant = log.tenant;
  const Head head = TRY(load_head(connection, tenant.number));
  ledger::Frontier promised;
  if (saved && head.frontier.size() < saved->head.size) {
    TRY(require_whole(connection, tenant, head));
    return broken_promise(tenant, *saved, head.frontier.head());
  }
  if (saved) {
    auto found = at_checkpoint(connection, log, *saved);
    if (!found) {
      TRY(require_whole(connection, tenant, head));
      return std::move(found).error();
    }
    promised = *std::move(found);
  }
  ledger::Frontier frontier = promised;
  TRY(extend(connection, tenant, frontier, head.size()));
  if (frontier != head.frontier) {
    TRY(require_whole(connection, tenant, head));
    return broken_promise(tenant, *saved, head.frontier.head());
  }
  TRY(check_end(connection, tenant, head));
  return promised;
}

}  // namespace

Result<void> extend(Connection& connection, const Tenant& tenant, ledger::Frontier& frontier,
                    std::uint64_t size) {
  std::uint64_t next = ledger::number(frontier.size());
  const auto rows = TRY(connection.query(
      kLeaves, {position_of(tenant.number, next), position_of(tenant.number, size)}));
  while (TRY(rows->next())) {
    const auto leaf = hash_from_bytes(rows->bytes(1));
    if (rows->integer(0) != position_of(tenant.number, next) || !leaf) break;
    frontier.append(*leaf);
    ++next;
  }
  if (next == size) return {};
  return corrupt(tenant, "should have " + count(size) + " events, but the one with sequence " +
                             count(next) + " is missing");
}

Result<void> check_logs(Connection& connection, const Identities& identities,
                        Checkpoints& checkpoints) {
  for (const std::string& name : TRY(checkpoints.tenants())) {
    if (identities.tenant(name) == nullptr) {
      return Error{Code::rolled_back,
                   "the tenant " + name + " has a checkpoint but no log",
                   {{"promised", "a log of tenant " + name}, {"found", "none"}}};
    }
  }
  for (const Tenant& tenant : identities.tenants()) {
    const auto saved = TRY(checkpoints.saved(tenant));
    const auto at_checkpoint =
        TRY(check_log(connection, {tenant, identities.log_keys(tenant.number)}, saved));
    if (saved) checkpoints.resume(tenant, *saved, at_checkpoint);
    const Head head = TRY(load_head(connection, tenant.number));
    TRY(checkpoints.hand_over(tenant, head.size()));
  }
  return {};
}

}  // namespace assent::store
