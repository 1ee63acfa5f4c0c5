#include "store/log.h"

#include <algorithm>

namespace assent::store {
namespace {

constexpr std::string_view kOne = R"sql(
  SELECT body
    FROM events
   WHERE position = $1)sql";

constexpr std::string_view kRange = R"sql(
  SELECT position, body
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position
   LIMIT $3)sql";

constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << 40) - 1;

Error gap(std::uint64_t sequence) {
  return {Code::corrupt, "The log has no event " + std::to_string(sequence) + "."};
}

}  // namespace

Result<std::string> event_at(const Read& read, std::uint64_t sequence) {
  // Beyond the size a position would be another tenant's sooner or later.
  if (sequence >= read.size()) return Error{Code::not_found, "There is no such event."};
  const auto rows =
      TRY(read.connection().query(kOne, {position_of(read.tenant().number, sequence)}));
  if (!TRY(rows->next())) return gap(sequence);
  return std::string(rows->bytes(0));
}

Result<StoredEvent> recorded_event(const Read& read, std::uint64_t sequence) {
  const auto rows =
      TRY(read.connection().query(kOne, {position_of(read.tenant().number, sequence)}));
  if (!TRY(rows->next())) return gap(sequence);
  return stored_event_from(rows->bytes(0));
}

Result<std::vector<FoundEvent>> events_between(const Read& read, const EventRange& range) {
  std::vector<FoundEvent> events;
  const std::uint64_t end = std::min(range.end, read.size());
  if (range.begin >= end) return events;

  const TenantNumber tenant = read.tenant().number;
  const auto limit = static_cast<std::int64_t>(std::min<std::uint64_t>(range.limit, end));
  const auto rows = TRY(read.connection().query(
      kRange, {position_of(tenant, range.begin), position_of(tenant, end), limit}));
  while (TRY(rows->next())) {
    const auto sequence = static_cast<std::uint64_t>(rows->integer(0)) & kSequenceMask;
    if (sequence != range.begin + events.size()) return gap(range.begin + events.size());
    events.push_back({.sequence = sequence, .bytes = std::string(rows->bytes(1))});
  }
  return events;
}

}  // namespace assent::store
