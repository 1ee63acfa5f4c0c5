#include "store/state/obligations.h"

#include "store/state/row.h"

#include <limits>

namespace assent::store {
namespace {

constexpr std::string_view kOne = R"sql(
  SELECT id, type, target_type, target_id, actor_type, actor_id, correlation_id, opened_at,
         due_at, closed_by
    FROM obligations
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kOpen = R"sql(
  SELECT id, type, target_type, target_id, actor_type, actor_id, correlation_id, opened_at,
         due_at, closed_by
    FROM obligations
   WHERE tenant = $1 AND closed_at IS NULL AND due_at < $2 AND due_at >= $3
     AND (due_at, id) > ($4, $5)
   ORDER BY due_at, id
   LIMIT $6)sql";

Result<Obligation> obligation_from(const Rows& rows) {
  RowReader row(rows, "obligations");
  Obligation found{.id = row.id<EventId>(0),
                   .type = row.text(1),
                   .target_type = row.text(2),
                   .target_id = row.text(3),
                   .actor_type = row.as_word<ActorType>(4),
                   .actor_id = row.text(5),
                   .correlation_id = row.text(6),
                   .opened_at = row.time(7),
                   .due_at = row.time(8),
                   .closed_by = row.optional_id<EventId>(9)};
  TRY(row.finish());
  return found;
}

}  // namespace

Result<std::optional<Obligation>> find_obligation(const Read& read, const EventId& id) {
  const auto rows = TRY(read.connection().query(kOne, {read.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return std::optional<Obligation>();
  return std::optional(TRY(obligation_from(*rows)));
}

Result<std::vector<Obligation>> open_obligations(const Read& read, const ObligationFilter& filter) {
  constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max();
  const std::int64_t before = filter.due_before ? to_microseconds(*filter.due_before) : kEver;
  const std::int64_t from = filter.due_from ? to_microseconds(*filter.due_from) : 0;
  std::vector<Obligation> found;
  const auto rows = TRY(read.connection().query(
      kOpen, {read.tenant_key(), before, from, to_microseconds(filter.after_due_at),
              bytes_of(filter.after_id), filter.limit}));
  while (TRY(rows->next())) found.push_back(TRY(obligation_from(*rows)));
  return found;
}

}  // namespace assent::store
