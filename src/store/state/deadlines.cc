#include "store/state/deadlines.h"

#include "store/state/row.h"

#include <algorithm>

namespace assent::store {
namespace {

// Three reads of an index's first entry: MIN over a UNION would be one statement and a scan.
constexpr std::string_view kNextApproval = R"sql(
  SELECT expires_at
    FROM approvals
   WHERE status = 'pending'
   ORDER BY expires_at
   LIMIT 1)sql";

constexpr std::string_view kNextGrant = R"sql(
  SELECT expires_at
    FROM grants
   WHERE consumed_at IS NULL AND expired_at IS NULL
   ORDER BY expires_at
   LIMIT 1)sql";

constexpr std::string_view kNextLease = R"sql(
  SELECT lease_expires_at
    FROM executions
   WHERE state = 'started'
   ORDER BY lease_expires_at
   LIMIT 1)sql";

// The plus keeps SQLite from preferring an index that begins with the tenant, and reading it whole.
constexpr std::string_view kTenants = R"sql(
  SELECT +tenant
    FROM approvals
   WHERE status = 'pending' AND expires_at < $1
   UNION
  SELECT +tenant
    FROM grants
   WHERE consumed_at IS NULL AND expired_at IS NULL AND expires_at < $1
   UNION
  SELECT +tenant
    FROM executions
   WHERE state = 'started' AND lease_expires_at < $1
   ORDER BY 1)sql";

constexpr std::string_view kToExecute = R"sql(
  SELECT a.tenant, a.id
    FROM approvals AS a
    JOIN grants AS g ON g.tenant = a.tenant AND g.approval = a.id
   WHERE a.status = 'approved' AND a.executor IS NOT NULL
     AND (a.tenant > $1 OR (a.tenant = $1 AND a.id > $2))
     AND g.expired_at IS NULL AND g.expires_at >= $3
     AND NOT EXISTS (SELECT 1
                       FROM executions AS e
                      WHERE e.tenant = a.tenant AND e.approval = a.id
                        AND (e.state <> 'failure' OR e.attempt >= a.max_attempts))
   ORDER BY a.tenant, a.id
   LIMIT $4)sql";

Result<std::optional<Timestamp>> first_time(std::unique_ptr<Rows> rows) {
  if (!TRY(rows->next())) return std::optional<Timestamp>();
  return std::optional(from_microseconds(rows->integer(0)));
}

}  // namespace

Result<std::optional<Timestamp>> next_deadline(Connection& connection) {
  std::optional<Timestamp> next;
  for (const std::string_view query : {kNextApproval, kNextGrant, kNextLease}) {
    const auto found = TRY(first_time(TRY(connection.query(query))));
    if (found) next = std::min(next.value_or(*found), *found);
  }
  return next;
}

Result<std::vector<std::int64_t>> tenants_with_overdue(Connection& connection, Timestamp now) {
  std::vector<std::int64_t> tenants;
  const auto rows = TRY(connection.query(kTenants, {to_microseconds(now)}));
  while (TRY(rows->next())) tenants.push_back(rows->integer(0));
  return tenants;
}

Result<std::vector<ToExecute>> to_execute(Connection& connection, const ToExecute& after,
                                          Timestamp now, std::int64_t limit) {
  std::vector<ToExecute> due;
  const auto rows = TRY(connection.query(
      kToExecute, {after.tenant, bytes_of(after.approval), to_microseconds(now), limit}));
  while (TRY(rows->next())) {
    RowReader row(*rows, "approvals");
    due.push_back({.tenant = row.integer(0), .approval = row.id<ApprovalId>(1)});
    TRY(row.finish());
  }
  return due;
}

}  // namespace assent::store
