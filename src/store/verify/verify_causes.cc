#include "store/verify/verify_causes.h"

#include "store/read.h"

#include <algorithm>
#include <cstring>

namespace assent::store {
namespace {

constexpr std::string_view kBodies = R"sql(
  SELECT position, body
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

}  // namespace

UuidBytes& VerifyCauses::place_of(const UuidBytes& id) {
  std::size_t hash = 0;  // The end of a UUIDv7 is random.
  std::memcpy(&hash, id.data() + id.size() - sizeof hash, sizeof hash);
  return recent_[hash % recent_.size()];
}

void VerifyCauses::add(const EventId& id, std::uint64_t sequence,
                       const std::optional<EventId>& cause) {
  // A place that is still empty has zeros, which name nothing.
  if (cause && (place_of(cause->bytes()) != cause->bytes() || *cause == EventId())) {
    waiting_.push_back({.cause = cause->bytes(), .sequence = sequence});
  }
  place_of(id.bytes()) = id.bytes();
}

Result<std::optional<std::uint64_t>> VerifyCauses::resolve(Connection& connection) {
  if (waiting_.empty()) return std::optional<std::uint64_t>();
  const auto by_cause = [](const Waiting& a, const Waiting& b) { return a.cause < b.cause; };
  std::ranges::sort(waiting_, by_cause);
  const std::uint64_t end = std::ranges::max_element(waiting_, {}, &Waiting::sequence)->sequence;

  const auto rows =
      TRY(connection.query(kBodies, {position_of(tenant_, 0), position_of(tenant_, end)}));
  while (!waiting_.empty() && TRY(rows->next())) {
    const auto event = stored_event_from(rows->bytes(1));
    if (event) settle(event->id.bytes(), event->sequence);
  }
  std::optional<std::uint64_t> first;
  for (const Waiting& waiting : waiting_) first = std::min(first.value_or(end), waiting.sequence);
  waiting_.clear();
  return first;
}

void VerifyCauses::settle(const UuidBytes& id, std::uint64_t sequence) {
  // Not equal_range(): clang 14 cannot read the subrange that it returns.
  const auto begin = std::ranges::lower_bound(waiting_, id, {}, &Waiting::cause);
  const auto end = std::ranges::upper_bound(waiting_, id, {}, &Waiting::cause);
  const auto is_later = [sequence](const Waiting& waiting) { return waiting.sequence > sequence; };
  const auto kept = std::remove_if(begin, end, is_later);
  waiting_.erase(kept, end);
}

}  // namespace assent::store
