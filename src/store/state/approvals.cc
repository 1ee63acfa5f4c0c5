#include "store/state/approvals.h"

#include "store/state/row.h"

namespace assent::store {
namespace {

constexpr std::string_view kApproval = R"sql(
  SELECT id, kind, status, risk_tier, content_hash, tool, requested_by, requester_owner,
         requested_at, expires_at, evidence_required, evidence_ttl_seconds, quorum,
         allows_self_approval, max_attempts, grant_ttl_seconds, correlation_id, decided_at,
         decided_by, request, lease_seconds, requires_proof, executor, defers, max_defers,
         content_version, rule, further_quorums, glass_broken_by, planned_by, planner_owner
    FROM approvals
   WHERE tenant = $1 AND id = $2)sql";

// A comparison comes before its IS NULL, because PostgreSQL learns a parameter's type from it.
constexpr std::string_view kList = R"sql(
  SELECT id, kind, status, risk_tier, content_hash, tool, requested_by, requester_owner,
         requested_at, expires_at, evidence_required, evidence_ttl_seconds, quorum,
         allows_self_approval, max_attempts, grant_ttl_seconds, correlation_id, decided_at,
         decided_by, request, lease_seconds, requires_proof, executor, defers, max_defers,
         content_version, rule, further_quorums, glass_broken_by, planned_by, planner_owner
    FROM approvals
   WHERE tenant = $1 AND id < $2
     AND (risk_tier = $3 OR $3 IS NULL)
     AND (tool = $4 OR $4 IS NULL)
     AND (requested_by = $5 OR $5 IS NULL)
     AND (correlation_id = $6 OR $6 IS NULL)
   ORDER BY id DESC
   LIMIT $7)sql";

// The same by approvals_by_status: the inbox is short, the archive is long.
constexpr std::string_view kListOfStatus = R"sql(
  SELECT id, kind, status, risk_tier, content_hash, tool, requested_by, requester_owner,
         requested_at, expires_at, evidence_required, evidence_ttl_seconds, quorum,
         allows_self_approval, max_attempts, grant_ttl_seconds, correlation_id, decided_at,
         decided_by, request, lease_seconds, requires_proof, executor, defers, max_defers,
         content_version, rule, further_quorums, glass_broken_by, planned_by, planner_owner
    FROM approvals
   WHERE tenant = $1 AND id < $2
     AND (risk_tier = $3 OR $3 IS NULL)
     AND (tool = $4 OR $4 IS NULL)
     AND (requested_by = $5 OR $5 IS NULL)
     AND (correlation_id = $6 OR $6 IS NULL)
     AND status = $8
   ORDER BY id DESC
   LIMIT $7)sql";

constexpr std::string_view kDeduplication = R"sql(
  SELECT approval
    FROM deduplications
   WHERE tenant = $1 AND key = $2)sql";

Result<Quorum> quorum_from(RowReader& row, int column) {
  auto quorum = quorum_from_json(row.json(column), "quorum");
  if (quorum) return quorum;
  row.spoil(column);
  return Quorum{};
}

Result<std::vector<Quorum>> quorums_from(RowReader& row, int column) {
  std::vector<Quorum> quorums;
  const Json list = row.json(column);
  if (list.is_null()) return quorums;
  if (!list.is_array()) {
    row.spoil(column);
    return quorums;
  }
  for (const Json& item : list.items()) {
    auto quorum = quorum_from_json(item, "further_quorums");
    if (!quorum) row.spoil(column);
    if (quorum) quorums.push_back(*std::move(quorum));
  }
  return quorums;
}

Result<Approval> approval_from(const Rows& rows) {
  RowReader row(rows, "approvals");
  auto quorum = TRY(quorum_from(row, 12));
  auto further_quorums = TRY(quorums_from(row, 27));
  Approval approval{
      .id = row.id<ApprovalId>(0),
      .kind = row.as_word<Kind>(1),
      .status = row.as_word<Status>(2),
      .risk_tier = row.as_word<RiskTier>(3),
      .content_hash = row.text(4),
      .tool = row.optional_text(5),
      .requested_by = row.id<PrincipalId>(6),
      .requester_owner = row.optional_id<PrincipalId>(7),
      .planned_by = row.optional_id<PrincipalId>(29),
      .planner_owner = row.optional_id<PrincipalId>(30),
      .requested_at = row.time(8),
      .expires_at = row.time(9),
      .evidence_policy = {.required = row.flag(10), .ttl_seconds = row.optional_integer(11)},
      .quorum = std::move(quorum),
      .allows_self_approval = row.flag(13),
      .max_attempts = row.integer(14),
      .grant_ttl_seconds = row.integer(15),
      .lease_seconds = row.integer(20),
      .requires_proof = row.flag(21),
      .executor = row.json(22),
      .defers = row.integer(23),
      .max_defers = row.integer(24),
      .content_version = row.integer(25),
      .further_quorums = std::move(further_quorums),
      .rule = row.optional_id<RuleId>(26),
      .correlation_id = row.text(16),
      .decided_at = row.optional_time(17),
      .decided_by = row.optional_id<PrincipalId>(18),
      .glass_broken_by = row.optional_id<PrincipalId>(28),
      .request = row.json(19)};
  TRY(row.finish());
  return approval;
}

constexpr std::string_view kVotes = R"sql(
  SELECT principal, roles
    FROM votes
   WHERE tenant = $1 AND approval = $2
   ORDER BY sequence)sql";

Result<Vote> vote_from(const Rows& rows) {
  RowReader row(rows, "votes");
  Vote vote{.by = row.id<PrincipalId>(0), .roles = row.word_list<Role>(1)};
  TRY(row.finish());
  return vote;
}

// The plus keeps SQLite from preferring an index that begins with the tenant, and sorting.
constexpr std::string_view kOverdue = R"sql(
  SELECT id
    FROM approvals
   WHERE +tenant = $1 AND status = 'pending' AND expires_at < $2
   ORDER BY expires_at
   LIMIT $3)sql";

ApprovalId id_after_all() {
  UuidBytes bytes;
  bytes.fill(0xff);
  return ApprovalId(bytes);
}

Result<std::unique_ptr<Rows>> matching(const Read& read, const ApprovalFilter& filter) {
  const ApprovalId before = filter.before_id.value_or(id_after_all());
  const Parameter risk_tier =
      filter.risk_tier ? Parameter(word(*filter.risk_tier)) : Parameter(std::monostate{});
  const Parameter status =
      filter.status ? Parameter(word(*filter.status)) : Parameter(std::monostate{});
  return read.connection().query(
      filter.status ? kListOfStatus : kList,
      {read.tenant_key(), bytes_of(before), risk_tier, nullable(filter.tool),
       nullable_bytes(filter.requester), nullable(filter.correlation_id), filter.limit, status});
}

}  // namespace

Result<Approval> approval(const Read& read, const ApprovalId& id) {
  const auto rows = TRY(read.connection().query(kApproval, {read.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return Error{Code::not_found, "There is no such approval."};
  return approval_from(*rows);
}

Result<std::optional<Approval>> approval_of_deduplication_key(const Read& read,
                                                              std::string_view key) {
  const auto rows = TRY(read.connection().query(kDeduplication, {read.tenant_key(), key}));
  if (!TRY(rows->next())) return std::optional<Approval>();
  RowReader row(*rows, "deduplications");
  const auto id = row.id<ApprovalId>(0);
  TRY(row.finish());
  return std::optional(TRY(approval(read, id)));
}

Result<std::vector<Vote>> votes(const Read& read, const ApprovalId& id) {
  std::vector<Vote> votes;
  const auto rows = TRY(read.connection().query(kVotes, {read.tenant_key(), bytes_of(id)}));
  while (TRY(rows->next())) votes.push_back(TRY(vote_from(*rows)));
  return votes;
}

Result<std::vector<Approval>> list_approvals(const Read& read, const ApprovalFilter& filter) {
  std::vector<Approval> approvals;
  const auto rows = TRY(matching(read, filter));
  while (TRY(rows->next())) approvals.push_back(TRY(approval_from(*rows)));
  return approvals;
}

Result<std::vector<ApprovalId>> overdue_approvals(Connection& connection, std::int64_t tenant,
                                                  Timestamp now, std::int64_t limit) {
  std::vector<ApprovalId> overdue;
  const auto rows = TRY(connection.query(kOverdue, {tenant, to_microseconds(now), limit}));
  while (TRY(rows->next())) {
    RowReader row(*rows, "approvals");
    overdue.push_back(row.id<ApprovalId>(0));
    TRY(row.finish());
  }
  return overdue;
}

}  // namespace assent::store
