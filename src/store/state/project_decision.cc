// How a pending approval ends, and the votes on the way.
#include "domain/approval.h"
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kInsertVote = R"sql(
  INSERT INTO votes (tenant, approval, principal, id, roles, sequence)
       VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT DO NOTHING)sql";

// The deadline, like the status, is part of what is compared: equality is still in time.
constexpr std::string_view kDecide = R"sql(
  UPDATE approvals
     SET status = $4, decided_at = $5, decided_by = $6
   WHERE tenant = $1 AND id = $2 AND status = 'pending' AND content_hash = $3
     AND expires_at >= $5)sql";

constexpr std::string_view kCancel = R"sql(
  UPDATE approvals
     SET status = 'cancelled', decided_at = $3, decided_by = $4
   WHERE tenant = $1 AND id = $2 AND status = 'pending' AND expires_at >= $3)sql";

constexpr std::string_view kExpire = R"sql(
  UPDATE approvals
     SET status = 'expired', decided_at = $4
   WHERE tenant = $1 AND id = $2 AND status = 'pending' AND expires_at = $3
     AND expires_at < $4)sql";

// So often and no more, and only from the deadline that the decider saw.
constexpr std::string_view kDefer = R"sql(
  UPDATE approvals
     SET expires_at = $4, defers = $5
   WHERE tenant = $1 AND id = $2 AND status = 'pending' AND expires_at = $3
     AND expires_at >= $6 AND defers = $5 - 1 AND defers < max_defers)sql";

// Never what was started, whatever came of it.
constexpr std::string_view kAbandon = R"sql(
  UPDATE approvals
     SET status = 'abandoned'
   WHERE tenant = $1 AND id = $2 AND status = 'approved'
     AND NOT EXISTS (SELECT 1
                       FROM executions
                      WHERE executions.tenant = $1 AND executions.approval = $2))sql";

constexpr std::string_view kBreakGlass = R"sql(
  UPDATE approvals
     SET status = 'approved', decided_at = $4, glass_broken_by = $5
   WHERE tenant = $1 AND id = $2 AND status = 'pending' AND content_hash = $3
     AND expires_at >= $4)sql";

struct Outcome {
  ApprovalId approval;
  std::string_view content_hash;
  Status status;
  Timestamp at;
  std::optional<PrincipalId> by = std::nullopt;
};

Result<void> decide(Connection& connection, const Fact& fact, const Outcome& outcome) {
  return require_one(fact, TRY(connection.run(kDecide, {fact.tenant, bytes_of(outcome.approval),
                                                        outcome.content_hash, word(outcome.status),
                                                        to_microseconds(outcome.at),
                                                        nullable_bytes(outcome.by)})));
}

struct Ballot {
  ApprovalId approval;
  PrincipalId by;
  DecisionId id;
  std::string roles;
};

Result<void> insert_vote(Connection& connection, const Fact& fact, const Ballot& ballot) {
  return require_one(
      fact, TRY(connection.run(kInsertVote, {fact.tenant, bytes_of(ballot.approval),
                                             bytes_of(ballot.by), bytes_of(ballot.id), ballot.roles,
                                             static_cast<std::int64_t>(fact.sequence)})));
}

}  // namespace

Result<void> project_approval_auto_approved(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto content_hash = fields.content_hash("contentHash");
  const auto at = fields.time("approvedAt");
  const auto grant = fields.id<GrantId>("grantId");
  const auto expires_at = fields.time("expiresAt");
  const auto rule = fields.optional_id<RuleId>("ruleId");
  TRY(fields.finish());

  TRY(decide(
      connection, fact,
      {.approval = approval, .content_hash = content_hash, .status = Status::approved, .at = at}));
  if (rule) TRY(use_rule(connection, fact, *rule, approval));
  return insert_grant(
      connection, fact,
      {.id = grant, .approval = approval, .content_hash = content_hash, .expires_at = expires_at});
}

Result<void> project_approval_recorded(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto id = fields.id<DecisionId>("decisionId");
  auto roles = fields.word_list<Role>("roles");
  TRY(fields.finish());
  const auto by = TRY(acting_principal(fact));
  TRY(require_status(connection, fact, approval, Status::pending));
  if (is_edit(fact)) TRY(replace_content(connection, fact));

  return insert_vote(connection, fact,
                     {.approval = approval, .by = by, .id = id, .roles = std::move(roles)});
}

Result<void> project_approval_succeeded(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto id = fields.id<DecisionId>("decisionId");
  auto roles = fields.word_list<Role>("roles");
  const auto by = fields.id<PrincipalId>("approvedBy");
  const auto at = fields.time("approvedAt");
  const auto content_hash = fields.content_hash("contentHash");
  TRY(fields.finish());
  if (is_edit(fact)) TRY(replace_content(connection, fact));

  TRY(decide(connection, fact,
             {.approval = approval,
              .content_hash = content_hash,
              .status = Status::approved,
              .at = at,
              .by = by}));
  TRY(count_like(connection, fact));
  return insert_vote(connection, fact,
                     {.approval = approval, .by = by, .id = id, .roles = std::move(roles)});
}

Result<void> project_approval_rejected(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto content_hash = fields.content_hash("contentHash");
  const auto at = fields.time("rejectedAt");
  const auto by = fields.optional_id<PrincipalId>("rejectedBy");
  TRY(fields.finish());
  TRY(forget_likes(connection, fact));

  return decide(connection, fact,
                {.approval = approval,
                 .content_hash = content_hash,
                 .status = Status::rejected,
                 .at = at,
                 .by = by});
}

Result<void> project_approval_cancelled(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto by = fields.id<PrincipalId>("cancelledBy");
  const auto at = fields.time("cancelledAt");
  TRY(fields.finish());

  return require_one(fact, TRY(connection.run(kCancel, {fact.tenant, bytes_of(approval),
                                                        to_microseconds(at), bytes_of(by)})));
}

Result<void> project_approval_expired(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto expires_at = fields.time("expiresAt");
  // No other action and no other end is known; a silent approval by time-out must be impossible.
  if (fields.text("timeoutAction") != "reject") fields.spoil("timeoutAction");
  if (fields.text("resultingStatus") != word(Status::expired)) fields.spoil("resultingStatus");
  TRY(fields.finish());

  return require_one(fact, TRY(connection.run(kExpire, {fact.tenant, bytes_of(approval),
                                                        to_microseconds(expires_at),
                                                        to_microseconds(fact.time)})));
}

Result<void> project_approval_deferred(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto from = fields.time("from");
  const auto to = fields.time("to");
  const auto hours = fields.integer("hours");
  const auto count = fields.integer("count");
  const bool is_in_bounds = hours >= kDeferHoursMin && hours <= kDeferHoursMax;
  if (!is_in_bounds || to != from + std::chrono::hours(hours)) fields.spoil("hours");
  TRY(fields.finish());

  return require_one(
      fact, TRY(connection.run(kDefer, {fact.tenant, bytes_of(approval), to_microseconds(from),
                                        to_microseconds(to), count, to_microseconds(fact.time)})));
}

Result<void> project_approval_abandoned(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  TRY(fields.finish());

  // When and by whom it was decided stays: abandoning decides nothing again.
  TRY(require_one(fact, TRY(connection.run(kAbandon, {fact.tenant, bytes_of(approval)}))));
  return void_grant(connection, fact, approval);
}

Result<void> project_breakglass_used(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto content_hash = fields.content_hash("contentHash");
  const auto at = fields.time("usedAt");
  const auto by = fields.id<PrincipalId>("usedBy");
  const auto grant = fields.id<GrantId>("grantId");
  const auto expires_at = fields.time("expiresAt");
  TRY(fields.finish());

  TRY(require_one(fact,
                  TRY(connection.run(kBreakGlass, {fact.tenant, bytes_of(approval), content_hash,
                                                   to_microseconds(at), bytes_of(by)}))));
  return insert_grant(
      connection, fact,
      {.id = grant, .approval = approval, .content_hash = content_hash, .expires_at = expires_at});
}

}  // namespace assent::store
