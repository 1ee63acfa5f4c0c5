#include "base/canonical.h"
#include "domain/approval.h"
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

#include <array>
#include <chrono>

namespace assent::store {
namespace {

constexpr std::string_view kBefore = R"sql(
  SELECT COALESCE(MAX(attempt), 0)
    FROM executions
   WHERE tenant = $1 AND approval = $2)sql";

constexpr std::string_view kIsConsumed = R"sql(
  SELECT 1
    FROM grants
   WHERE tenant = $1 AND approval = $2 AND id = $3 AND consumed_at IS NOT NULL)sql";

constexpr std::string_view kInsert = R"sql(
  INSERT INTO executions (tenant, id, approval, grant_id, attempt, state, started_by, started_at,
                          lease_expires_at, by_server)
       VALUES ($1, $2, $3, $4, $5, 'started', $6, $7, $8, $9)
  ON CONFLICT DO NOTHING)sql";

// A renewal never shortens a lease, nor does it revive one.
constexpr std::string_view kRenew = R"sql(
  UPDATE executions
     SET lease_expires_at = $4
   WHERE tenant = $1 AND id = $2 AND approval = $3 AND state = 'started'
     AND lease_expires_at >= $5 AND lease_expires_at <= $4)sql";

constexpr std::string_view kResolve = R"sql(
  UPDATE executions
     SET state = $4, resolved_as = $4, resolved_at = $5, resolved_by = $6, note = $7,
         verification = $8
   WHERE tenant = $1 AND id = $2 AND approval = $3 AND state = 'unknown')sql";

constexpr std::string_view kEscalate = R"sql(
  INSERT INTO escalations (tenant, id, approval, execution, type, status, triggered_at)
       VALUES ($1, $2, $3, $4, $5, 'open', $6)
  ON CONFLICT DO NOTHING)sql";

// An execution that was started by a version without leases.
constexpr std::chrono::hours kLeaseBefore{1};

constexpr std::string_view kEnd = R"sql(
  UPDATE executions
     SET state = $4, completed_at = $5, result = $6, error = $7
   WHERE tenant = $1 AND id = $2 AND approval = $3 AND state = 'started')sql";

struct Ending {
  std::string_view type;
  ExecutionState state;
};
constexpr std::array kEndings = {Ending{"execution.succeeded", ExecutionState::success},
                                 Ending{"execution.failed", ExecutionState::failure},
                                 Ending{"execution.partial", ExecutionState::partial},
                                 Ending{"execution.unknown", ExecutionState::unknown}};

ExecutionState state_named_by(std::string_view type) {
  for (const Ending& ending : kEndings) {
    if (ending.type == type) return ending.state;
  }
  return ExecutionState::unknown;
}

Result<std::int64_t> attempts_before(Connection& connection, const Fact& fact,
                                     const ApprovalId& approval) {
  const auto rows = TRY(connection.query(kBefore, {fact.tenant, bytes_of(approval)}));
  TRY(rows->next());
  return rows->integer(0);
}

Result<void> require_consumed(Connection& connection, const Fact& fact, const ApprovalId& approval,
                              const GrantId& grant) {
  const auto rows =
      TRY(connection.query(kIsConsumed, {fact.tenant, bytes_of(approval), bytes_of(grant)}));
  if (!TRY(rows->next())) return impossible(fact);
  return {};
}

// Whose execution it is: who started it or, where the server did, on whose behalf.
Result<PrincipalId> starter(const Fact& fact, FactFields& fields) {
  if (!fields.has("onBehalfOf")) return acting_principal(fact);
  const auto id = fields.id<PrincipalId>("onBehalfOf");
  const Json* const actor = fact.data.find("actor");
  const bool is_engine = actor != nullptr && actor->string_at("type") == word(ActorType::system);
  if (!is_engine) fields.spoil("onBehalfOf");
  TRY(fields.finish());
  return id;
}

// A string as it is, anything else as JSON: the column is for people.
std::optional<std::string> error_text(const Json& error) {
  if (error.is_null()) return std::nullopt;
  return error.is_string() ? error.string() : canonical_json(error);
}

}  // namespace

Result<void> project_execution_started(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<ExecutionId>("executionId");
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto grant = fields.id<GrantId>("grantId");
  const auto attempt = fields.integer("attempt");
  const auto lease = fields.optional_time("leaseExpiresAt").value_or(fact.time + kLeaseBefore);
  TRY(fields.finish());
  const auto by = TRY(starter(fact, fields));
  const bool by_server = fields.has("onBehalfOf");
  TRY(require_status(connection, fact, approval, Status::approved));
  TRY(require_consumed(connection, fact, approval, grant));
  if (attempt != TRY(attempts_before(connection, fact, approval)) + 1) return impossible(fact);

  return require_one(
      fact,
      TRY(connection.run(kInsert, {fact.tenant, bytes_of(id), bytes_of(approval), bytes_of(grant),
                                   attempt, bytes_of(by), to_microseconds(fact.time),
                                   to_microseconds(lease), std::int64_t{by_server}})));
}

Result<void> project_execution_renewed(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<ExecutionId>("executionId");
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto lease = fields.time("leaseExpiresAt");
  TRY(fields.finish());

  return require_one(
      fact, TRY(connection.run(kRenew, {fact.tenant, bytes_of(id), bytes_of(approval),
                                        to_microseconds(lease), to_microseconds(fact.time)})));
}

Result<void> project_execution_ended(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<ExecutionId>("executionId");
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto state = fields.as_word<ExecutionState>("outcome");
  if (state != state_named_by(fact.type)) fields.spoil("outcome");
  std::optional<std::string> result;
  if (fields.has("result")) result = canonical_json(fields.any("result"));
  const auto error = error_text(fields.any("error"));
  TRY(fields.finish());

  const auto changed =
      TRY(connection.run(kEnd, {fact.tenant, bytes_of(id), bytes_of(approval), word(state),
                                to_microseconds(fact.time), nullable(result), nullable(error)}));
  TRY(require_one(fact, changed));
  const auto status = status_after(state);
  if (!status) return {};
  return move_status(connection, fact,
                     {.approval = approval, .from = Status::approved, .to = *status});
}

Result<void> project_execution_resolved(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<ExecutionId>("executionId");
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto as = fields.as_word<ExecutionState>("as");
  if (as == ExecutionState::started || as == ExecutionState::unknown) fields.spoil("as");
  const auto note = fields.text("note");
  std::optional<std::string> verification;
  if (fields.has("verification")) verification = canonical_json(fields.any("verification"));
  TRY(fields.finish());
  const auto by = TRY(acting_principal(fact));

  TRY(require_one(
      fact, TRY(connection.run(kResolve, {fact.tenant, bytes_of(id), bytes_of(approval), word(as),
                                          to_microseconds(fact.time), bytes_of(by), note,
                                          nullable(verification)}))));
  return move_status(connection, fact,
                     {.approval = approval,
                      .from = Status::unknown,
                      .to = status_after(as).value_or(Status::approved)});
}

Result<void> project_escalation_triggered(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<EscalationId>("escalationId");
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto execution = fields.optional_id<ExecutionId>("executionId");
  const auto type = fields.text("type");
  TRY(fields.finish());

  return require_one(
      fact, TRY(connection.run(kEscalate,
                               {fact.tenant, bytes_of(id), bytes_of(approval),
                                nullable_bytes(execution), type, to_microseconds(fact.time)})));
}

}  // namespace assent::store
