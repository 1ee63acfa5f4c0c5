#include "store/verify/verify_ids.h"

#include "domain/event.h"
#include "store/read.h"

#include <algorithm>

namespace assent::store {
namespace {

constexpr std::string_view kBodies = R"sql(
  SELECT position, body
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

}  // namespace

void VerifyIds::note(std::uint64_t sequence) {
  repeated_ = std::min(repeated_.value_or(sequence), sequence);
}

void VerifyIds::add(const EventId& id, std::uint64_t sequence) {
  end_ = sequence + 1;
  if (left_ && id.bytes() <= *left_) {
    waiting_.push_back({.id = id.bytes(), .sequence = sequence});
    return;
  }
  window_.push_back({.id = id.bytes(), .sequence = sequence});
  if (window_.size() >= 2 * limits_.window) move_on(limits_.window);
}

void VerifyIds::move_on(std::size_t kept) {
  std::ranges::sort(window_);
  for (std::size_t i = 1; i < window_.size(); ++i) {
    if (window_[i].id == window_[i - 1].id) note(window_[i].sequence);
  }
  if (window_.size() <= kept) return;
  const auto stays = window_.end() - static_cast<std::ptrdiff_t>(kept);
  left_ = std::prev(stays)->id;
  window_.erase(window_.begin(), stays);
}

Result<std::optional<std::uint64_t>> VerifyIds::resolve(Connection& connection) {
  move_on(limits_.window);
  if (!waiting_.empty()) TRY(walk(connection));
  return repeated_;
}

// Whatever has the id of one that waits and is not it is either before it, or waits itself.
Result<void> VerifyIds::walk(Connection& connection) {
  std::ranges::sort(waiting_);
  const auto rows =
      TRY(connection.query(kBodies, {position_of(tenant_, 0), position_of(tenant_, end_)}));
  EventScan scan;
  while (TRY(rows->next())) {
    const auto sequence = static_cast<std::uint64_t>(rows->integer(0) - position_of(tenant_, 0));
    const auto view = scan.read(rows->bytes(1));
    std::optional<EventId> id;
    if (view) {
      id = view->id;
    } else if (const auto event = stored_event_from(rows->bytes(1))) {
      id = event->id;
    }
    if (!id) continue;  // Its place has been found fault with.
    const auto waits = std::ranges::lower_bound(waiting_, id->bytes(), {}, &Seen::id);
    if (waits == waiting_.end() || waits->id != id->bytes()) continue;
    if (waits->sequence != sequence) note(std::max(waits->sequence, sequence));
  }
  waiting_.clear();
  return {};
}

}  // namespace assent::store
