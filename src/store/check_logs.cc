// What a start checks before it serves (checkpoints.h).
#include "domain/event.h"
#include "store/checkpoints.h"

#include <algorithm>

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

// Appends the stored leaves from the frontier's size up to `size`.
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

// The frontier at the checkpoint, believed because its root is the signed one.
Result<ledger::Frontier> at_checkpoint(Connection& connection, const Tenant& tenant,
                                       const SavedCheckpoint& saved) {
  if (saved.frontier) return *saved.frontier;
  ledger::Frontier frontier;
  TRY(extend(connection, tenant, frontier, ledger::number(saved.head.size)));
  if (frontier.root() == saved.head.root) return frontier;
  return corrupt(tenant, "is not the one whose checkpoint of size " +
                             count(ledger::number(saved.head.size)) + " was published");
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

Result<void> check_log(Connection& connection, const Tenant& tenant,
                       const std::optional<SavedCheckpoint>& saved) {
  const Head head = TRY(load_head(connection, tenant.number));
  ledger::Frontier frontier;
  if (saved) {
    const std::uint64_t promised = ledger::number(saved->head.size);
    if (head.size() < promised) {
      return corrupt(tenant, "has " + count(head.size()) + " events, but its checkpoint promised " +
                                 count(promised) + ": the database was rolled back or lost events");
    }
    frontier = TRY(at_checkpoint(connection, tenant, *saved));
  }
  TRY(extend(connection, tenant, frontier, head.size()));
  if (frontier != head.frontier) {
    return corrupt(tenant, "of " + count(head.size()) +
                               " events does not hash to its head; it continues the checkpoint of "
                               "size " +
                               count(saved ? ledger::number(saved->head.size) : 0) + " wrongly");
  }
  const auto next_tenant = static_cast<TenantNumber>(static_cast<std::int64_t>(tenant.number) + 1);
  const auto beyond = TRY(connection.query(
      kBeyond, {position_of(tenant.number, head.size()), position_of(next_tenant, 0)}));
  if (TRY(beyond->next())) {
    return corrupt(tenant, "has events beyond its size, " + count(head.size()));
  }
  return check_last_event(connection, tenant, head);
}

}  // namespace

Result<void> check_logs(Connection& connection, const std::vector<Tenant>& tenants,
                        const Checkpoints& checkpoints) {
  for (const std::string& name : TRY(checkpoints.tenants())) {
    if (std::ranges::find(tenants, name, &Tenant::name) == tenants.end()) {
      return Error{Code::corrupt, "the tenant " + name +
                                      " has a checkpoint but no log: the database was rolled back"};
    }
  }
  for (const Tenant& tenant : tenants) {
    TRY(check_log(connection, tenant, TRY(checkpoints.saved(tenant))));
  }
  return {};
}

}  // namespace assent::store
