// Going through the requests of a time, without a whole Approval for each.
#include "store/state/approvals.h"
#include "store/state/row.h"

#include <limits>

namespace assent::store {
namespace {

// An id begins with the time of its request, so the primary key finds the period, to a millisecond;
// the rest is filtered.
constexpr std::string_view kRequests = R"sql(
  SELECT id, kind, status, risk_tier, tool, requested_at, evidence_required, evidence_ttl_seconds,
         quorum, allows_self_approval, decided_by, rule, content_version, request
    FROM approvals
   WHERE tenant = $1 AND id > $2 AND id < $3 AND requested_at >= $4 AND requested_at < $5
   ORDER BY id
   LIMIT $6)sql";

constexpr std::string_view kCount = R"sql(
  SELECT count(*)
    FROM approvals
   WHERE tenant = $1 AND id > $2 AND id < $3 AND requested_at >= $4 AND requested_at < $5)sql";

// Before every id that is made at `at` or later.
ApprovalId first_id_of(Timestamp at) {
  const auto milliseconds = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count());
  UuidBytes bytes{};
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<std::uint8_t>(milliseconds >> (8 * (5 - i)));
  }
  return ApprovalId(bytes);
}

ApprovalId last_id() {
  UuidBytes bytes;
  bytes.fill(0xff);
  return ApprovalId(bytes);
}

// The bounds as the statements take them; keeps the ids that the parameters view.
struct Bounds {
  explicit Bounds(const RequestPeriod& period)
      : after(period.after_id.value_or(first_id_of(period.since))),
        before(period.until ? first_id_of(*period.until + std::chrono::milliseconds(1))
                            : last_id()),
        since(to_microseconds(period.since)),
        until(period.until ? to_microseconds(*period.until)
                           : std::numeric_limits<std::int64_t>::max()) {}

  ApprovalId after, before;
  std::int64_t since, until;
};

Result<PastRequest> request_from(const Rows& rows) {
  RowReader row(rows, "approvals");
  PastRequest request{
      .id = row.id<ApprovalId>(0),
      .kind = row.as_word<Kind>(1),
      .status = row.as_word<Status>(2),
      .risk_tier = row.as_word<RiskTier>(3),
      .tool = rows.is_null(4) ? std::nullopt : std::optional(rows.text(4)),
      .requested_at = row.time(5),
      .evidence_policy = {.required = row.flag(6), .ttl_seconds = row.optional_integer(7)},
      .quorum = rows.text(8),
      .allows_self_approval = row.flag(9),
      .has_decider = !rows.is_null(10),
      .has_rule = !rows.is_null(11),
      .content_version = row.integer(12),
      .request = rows.text(13)};
  TRY(row.finish());
  return request;
}

}  // namespace

Result<std::optional<ApprovalId>> visit_requests(
    const Read& read, const RequestPeriod& period,
    const std::function<Result<void>(const PastRequest&)>& visit) {
  const Bounds bounds(period);
  const auto rows = TRY(read.connection().query(
      kRequests, {read.tenant_key(), bytes_of(bounds.after), bytes_of(bounds.before), bounds.since,
                  bounds.until, period.limit}));
  std::int64_t count = 0;
  std::optional<ApprovalId> last;
  while (TRY(rows->next())) {
    const PastRequest request = TRY(request_from(*rows));
    TRY(visit(request));
    last = request.id;
    ++count;
  }
  return count < period.limit ? std::nullopt : last;
}

Result<std::int64_t> count_requests(const Read& read, const RequestPeriod& period) {
  const Bounds bounds(period);
  const auto rows =
      TRY(read.connection().query(kCount, {read.tenant_key(), bytes_of(bounds.after),
                                           bytes_of(bounds.before), bounds.since, bounds.until}));
  if (!TRY(rows->next())) return std::int64_t{0};
  return rows->integer(0);
}

}  // namespace assent::store
