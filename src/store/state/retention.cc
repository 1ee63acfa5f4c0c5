#include "store/state/retention.h"

#include "store/state/row.h"

namespace assent::store {
namespace {

// An id is no younger than what it names, so that what was asked later is never looked at.
constexpr std::string_view kApprovals = R"sql(
  SELECT a.id
    FROM approvals AS a
   WHERE a.tenant = $1 AND a.id < $2
     AND a.status IN ('rejected', 'expired', 'cancelled', 'executed', 'abandoned')
     AND a.decided_at < $3
     AND NOT (a.status IN ('rejected', 'abandoned')
              AND EXISTS (SELECT 1
                            FROM deduplications AS d
                           WHERE d.tenant = $1 AND d.approval = a.id))
     AND NOT EXISTS (SELECT 1
                       FROM escalations AS e
                      WHERE e.tenant = $1 AND e.approval = a.id AND e.status = 'open')
   ORDER BY a.id
   LIMIT $4)sql";

constexpr std::string_view kRules = R"sql(
  SELECT id
    FROM rules
   WHERE tenant = $1
     AND (revoked_at < $2 OR expires_at < $2 OR (uses >= max_uses AND created_at < $2))
   ORDER BY id
   LIMIT $3)sql";

constexpr std::string_view kObligations = R"sql(
  SELECT id
    FROM obligations
   WHERE tenant = $1 AND closed_at < $2
   ORDER BY closed_at, id
   LIMIT $3)sql";

template <class IdType>
Result<std::vector<IdType>> ids_from(std::unique_ptr<Rows> rows, std::string_view table) {
  std::vector<IdType> ids;
  while (TRY(rows->next())) {
    RowReader row(*rows, table);
    ids.push_back(row.id<IdType>(0));
    TRY(row.finish());
  }
  return ids;
}

// The least id of the millisecond after `at`.
ApprovalId first_id_after(Timestamp at) {
  UuidBytes bytes{};
  auto milliseconds =
      std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count() + 1;
  for (std::size_t i = 6; i > 0; --i, milliseconds >>= 8) {
    bytes.at(i - 1) = static_cast<std::uint8_t>(milliseconds & 0xff);
  }
  return ApprovalId(bytes);
}

}  // namespace

Result<std::vector<ApprovalId>> prunable_approvals(const Read& read, Timestamp before,
                                                   std::int64_t limit) {
  const ApprovalId end = first_id_after(before);
  return ids_from<ApprovalId>(
      TRY(read.connection().query(
          kApprovals, {read.tenant_key(), bytes_of(end), to_microseconds(before), limit})),
      "approvals");
}

Result<std::vector<RuleId>> prunable_rules(const Read& read, Timestamp before, std::int64_t limit) {
  return ids_from<RuleId>(
      TRY(read.connection().query(kRules, {read.tenant_key(), to_microseconds(before), limit})),
      "rules");
}

Result<std::vector<EventId>> prunable_obligations(const Read& read, Timestamp before,
                                                  std::int64_t limit) {
  return ids_from<EventId>(TRY(read.connection().query(
                               kObligations, {read.tenant_key(), to_microseconds(before), limit})),
                           "obligations");
}

}  // namespace assent::store
