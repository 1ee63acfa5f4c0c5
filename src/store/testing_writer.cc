#include "store/testing_writer.h"

#include "ledger/merkle.h"
#include "store/batch.h"

namespace assent::store {

namespace {

constexpr std::string_view kEvents = R"sql(
  SELECT position, leaf, body
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

template <class T>
T must(Result<T> result) {
  CHECK(result.has_value());
  return std::move(result).value();
}

}  // namespace

std::vector<StoredEvent> events_of(Connection& connection, TenantNumber tenant) {
  std::vector<StoredEvent> events;
  ledger::Frontier frontier;
  const auto next = static_cast<TenantNumber>(static_cast<std::int64_t>(tenant) + 1);
  {
    const auto rows =
        must(connection.query(kEvents, {position_of(tenant, 0), position_of(next, 0)}));
    while (must(rows->next())) {
      CHECK(rows->integer(0) == position_of(tenant, events.size()));  // Free of gaps.
      const Hash leaf = ledger::hash_leaf(rows->bytes(2));
      CHECK(rows->bytes(1) == as_bytes(leaf));
      frontier.append(leaf);
      events.push_back(must(stored_event_from(rows->bytes(2))));
      CHECK(events.back().sequence == events.size() - 1);
      CHECK(events.size() < 2 || events[events.size() - 2].time <= events.back().time);
    }
  }
  const Head head = must(load_head(connection, tenant));
  CHECK(head.frontier == frontier);
  return events;
}

std::vector<std::int64_t> numbers_of(Connection& connection, TenantNumber tenant) {
  std::vector<std::int64_t> numbers;
  for (const StoredEvent& event : events_of(connection, tenant)) {
    if (const auto number = event.data.integer_at("ordinal")) numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace assent::store
