#include "store/state/grants.h"

#include "store/state/row.h"

namespace assent::store {
namespace {

constexpr std::string_view kGrant = R"sql(
  SELECT id, approval, content_hash, form, issued_at, expires_at, consumed_at, expired_at,
         token_hash IS NOT NULL, consumed_by, tenant
    FROM grants
   WHERE tenant = $1 AND approval = $2)sql";

// Of whatever tenant: the caller finds out only whether it is its own.
constexpr std::string_view kByToken = R"sql(
  SELECT id, approval, content_hash, form, issued_at, expires_at, consumed_at, expired_at,
         token_hash IS NOT NULL, consumed_by, tenant
    FROM grants
   WHERE token_hash = $1)sql";

Result<Grant> grant_from(const Rows& rows) {
  RowReader row(rows, "grants");
  Grant grant{.id = row.id<GrantId>(0),
              .approval = row.id<ApprovalId>(1),
              .content_hash = row.text(2),
              .form = row.as_word<GrantForm>(3),
              .has_token = row.flag(8),
              .issued_at = row.time(4),
              .expires_at = row.time(5),
              .consumed_at = row.optional_time(6),
              .consumed_by = row.optional_id<PrincipalId>(9),
              .expired_at = row.optional_time(7)};
  TRY(row.finish());
  return grant;
}

// The plus keeps SQLite from preferring an index that begins with the tenant, and sorting.
constexpr std::string_view kOverdue = R"sql(
  SELECT approval
    FROM grants
   WHERE +tenant = $1 AND consumed_at IS NULL AND expired_at IS NULL AND expires_at < $2
   ORDER BY expires_at
   LIMIT $3)sql";

constexpr std::string_view kLapsed = R"sql(
  SELECT id
    FROM executions
   WHERE +tenant = $1 AND state = 'started' AND lease_expires_at < $2
   ORDER BY lease_expires_at
   LIMIT $3)sql";

constexpr std::string_view kExecution = R"sql(
  SELECT id, approval, grant_id, attempt, state, started_by, started_at, completed_at, result,
         error, lease_expires_at, by_server, resolved_as, resolved_at, resolved_by, note,
         verification
    FROM executions
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kExecutionsOf = R"sql(
  SELECT id, approval, grant_id, attempt, state, started_by, started_at, completed_at, result,
         error, lease_expires_at, by_server, resolved_as, resolved_at, resolved_by, note,
         verification
    FROM executions
   WHERE tenant = $1 AND approval = $2
   ORDER BY attempt)sql";

constexpr std::string_view kLatest = R"sql(
  SELECT id, approval, grant_id, attempt, state, started_by, started_at, completed_at, result,
         error, lease_expires_at, by_server, resolved_as, resolved_at, resolved_by, note,
         verification
    FROM executions
   WHERE tenant = $1 AND approval = $2
   ORDER BY attempt DESC
   LIMIT 1)sql";

Result<Execution> execution_from(const Rows& rows) {
  RowReader row(rows, "executions");
  Execution execution{.id = row.id<ExecutionId>(0),
                      .approval = row.id<ApprovalId>(1),
                      .grant = row.id<GrantId>(2),
                      .attempt = row.integer(3),
                      .state = row.as_word<ExecutionState>(4),
                      .started_by = row.id<PrincipalId>(5),
                      .by_server = row.flag(11),
                      .started_at = row.time(6),
                      .lease_expires_at = row.time(10),
                      .completed_at = row.optional_time(7),
                      .result = row.json(8),
                      .error = row.optional_text(9),
                      .resolution = std::nullopt};
  if (row.optional_text(12)) {
    execution.resolution = Resolution{.as = row.as_word<ExecutionState>(12),
                                      .at = row.time(13),
                                      .by = row.id<PrincipalId>(14),
                                      .note = row.text(15),
                                      .verification = row.json(16)};
  }
  TRY(row.finish());
  return execution;
}

}  // namespace

Result<std::optional<Grant>> grant_of(const Read& read, const ApprovalId& approval) {
  const auto rows = TRY(read.connection().query(kGrant, {read.tenant_key(), bytes_of(approval)}));
  if (!TRY(rows->next())) return std::optional<Grant>();
  return std::optional<Grant>(TRY(grant_from(*rows)));
}

Result<std::optional<PresentedGrant>> grant_of_token(Connection& connection, const Hash& token) {
  const auto rows = TRY(connection.query(kByToken, {Bytes{as_bytes(token)}}));
  if (!TRY(rows->next())) return std::optional<PresentedGrant>();
  const auto tenant = static_cast<TenantNumber>(rows->integer(10));
  auto grant = TRY(grant_from(*rows));
  return std::optional(PresentedGrant{.tenant = tenant, .grant = std::move(grant)});
}

Result<std::vector<ApprovalId>> overdue_grants(Connection& connection, std::int64_t tenant,
                                               Timestamp now, std::int64_t limit) {
  std::vector<ApprovalId> overdue;
  const auto rows = TRY(connection.query(kOverdue, {tenant, to_microseconds(now), limit}));
  while (TRY(rows->next())) {
    RowReader row(*rows, "grants");
    overdue.push_back(row.id<ApprovalId>(0));
    TRY(row.finish());
  }
  return overdue;
}

Result<std::vector<ExecutionId>> lapsed_executions(Connection& connection, std::int64_t tenant,
                                                   Timestamp now, std::int64_t limit) {
  std::vector<ExecutionId> lapsed;
  const auto rows = TRY(connection.query(kLapsed, {tenant, to_microseconds(now), limit}));
  while (TRY(rows->next())) {
    RowReader row(*rows, "executions");
    lapsed.push_back(row.id<ExecutionId>(0));
    TRY(row.finish());
  }
  return lapsed;
}

Result<Execution> execution(const Read& read, const ExecutionId& id) {
  const auto rows = TRY(read.connection().query(kExecution, {read.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return Error{Code::not_found, "There is no such execution."};
  return execution_from(*rows);
}

Result<std::vector<Execution>> executions_of(const Read& read, const ApprovalId& approval) {
  std::vector<Execution> executions;
  const auto rows =
      TRY(read.connection().query(kExecutionsOf, {read.tenant_key(), bytes_of(approval)}));
  while (TRY(rows->next())) executions.push_back(TRY(execution_from(*rows)));
  return executions;
}

Result<std::optional<Execution>> latest_execution(const Read& read, const ApprovalId& approval) {
  const auto rows = TRY(read.connection().query(kLatest, {read.tenant_key(), bytes_of(approval)}));
  if (!TRY(rows->next())) return std::optional<Execution>();
  return std::optional<Execution>(TRY(execution_from(*rows)));
}

}  // namespace assent::store
