#include "store/event_ids.h"

#include "store/state/row.h"

#include <algorithm>
#include <chrono>

namespace assent::store {
namespace {

constexpr std::chrono::hours kYoung{7 * 24};
// A day longer, so that a decision that was prepared is still right when it is carried out.
constexpr std::chrono::hours kKept{8 * 24};
// What claims to be old is kept for a while after it came: another request with the same id may
// have looked for it in the log just before.
constexpr std::chrono::minutes kKeptAtLeast{10};

constexpr std::string_view kSince = "SELECT time FROM event_ids_since";

constexpr std::string_view kFind = R"sql(
  SELECT sequence
    FROM event_ids
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kKeep = R"sql(
  INSERT INTO event_ids (tenant, id, sequence, at)
       VALUES ($1, $2, $3, $4)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kLogTime = R"sql(
  SELECT time
    FROM heads
   WHERE tenant = $1)sql";

constexpr std::string_view kForget = R"sql(
  DELETE FROM event_ids
   WHERE tenant = $1
     AND id IN (SELECT id
                  FROM (SELECT id, at
                          FROM event_ids
                         WHERE tenant = $1 AND id < $2
                         ORDER BY id
                         LIMIT $4)
                 WHERE at < $3))sql";

// The lowest id that claims this time.
EventId lowest_of(Timestamp at) {
  class Zeros final : public Random {
    void fill(std::span<std::uint8_t> out) override {
      for (std::uint8_t& byte : out) byte = 0;
    }
  } zeros;
  return EventId::make(at, zeros);
}

}  // namespace

Result<std::unique_ptr<RememberedIds>> RememberedIds::load(Connection& connection) {
  const auto rows = TRY(connection.query(kSince));
  if (!TRY(rows->next())) return Error{Code::corrupt, "the table event_ids_since is empty"};
  const Timestamp since = from_microseconds(rows->integer(0));
  return std::unique_ptr<RememberedIds>(new RememberedIds(since));
}

void RememberedIds::note(Timestamp log_time) {
  // The writer alone notes, so nothing comes between.
  if (log_time > log_time_.load()) log_time_ = log_time;
}

bool RememberedIds::decide(const EventId& id, Timestamp now) const {
  const Timestamp claimed = claimed_time(id);
  return claimed > since_ && claimed > std::max(now, log_time_.load()) - kYoung && !is_marked(id);
}

Result<std::optional<std::uint64_t>> claim_event_id(const Write& write, const EventId& id) {
  const auto last = TRY(write.last_recorded());
  const std::uint64_t next = last ? *last + 1 : write.size();
  const auto claimed = TRY(write.connection().run(
      kKeep, {write.tenant_key(), bytes_of(id), static_cast<std::int64_t>(next),
              to_microseconds(write.now())}));
  if (claimed > 0) return std::optional<std::uint64_t>();
  const auto rows = TRY(write.connection().query(kFind, {write.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return Error{Code::corrupt, "an event's id is remembered and is not"};
  return std::optional(static_cast<std::uint64_t>(rows->integer(0)));
}

Result<void> forget_event_ids(const Write& write, std::int64_t limit) {
  std::int64_t log_time = 0;
  {
    const auto rows = TRY(write.connection().query(kLogTime, {write.tenant_key()}));
    if (!TRY(rows->next())) return {};
    log_time = rows->integer(0);
  }
  const EventId end = lowest_of(from_microseconds(log_time) - kKept);
  TRY(write.connection().run(kForget, {write.tenant_key(), bytes_of(end),
                                       to_microseconds(write.now() - kKeptAtLeast), limit}));
  return {};
}

}  // namespace assent::store
