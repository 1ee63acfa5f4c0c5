#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kInsert = R"sql(
  INSERT INTO grants (tenant, approval, id, content_hash, form, issued_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT DO NOTHING)sql";

// Single use, bound to the content and to the deadline: all of it is compared here.
constexpr std::string_view kConsume = R"sql(
  UPDATE grants
     SET consumed_at = $5, consumed_by = $6
   WHERE tenant = $1 AND approval = $2 AND id = $3 AND content_hash = $4
     AND consumed_at IS NULL AND expired_at IS NULL AND expires_at >= $5)sql";

// Shown once: a second token never takes the place of the first.
constexpr std::string_view kShow = R"sql(
  UPDATE grants
     SET form = 'token', token_hash = $5
   WHERE tenant = $1 AND approval = $2 AND id = $3 AND content_hash = $4 AND token_hash IS NULL
     AND consumed_at IS NULL AND expired_at IS NULL AND expires_at >= $6)sql";

constexpr std::string_view kExpire = R"sql(
  UPDATE grants
     SET expired_at = $5
   WHERE tenant = $1 AND approval = $2 AND id = $3 AND content_hash = $4
     AND consumed_at IS NULL AND expired_at IS NULL AND expires_at < $5)sql";

constexpr std::string_view kVoid = R"sql(
  UPDATE grants
     SET expired_at = $3
   WHERE tenant = $1 AND approval = $2 AND consumed_at IS NULL AND expired_at IS NULL)sql";

}  // namespace

Result<void> void_grant(Connection& connection, const Fact& fact, const ApprovalId& approval) {
  // One that expired before is void already.
  TRY(connection.run(kVoid, {fact.tenant, bytes_of(approval), to_microseconds(fact.time)}));
  return {};
}

Result<void> insert_grant(Connection& connection, const Fact& fact, const GrantTerms& terms) {
  return require_one(
      fact,
      TRY(connection.run(kInsert, {fact.tenant, bytes_of(terms.approval), bytes_of(terms.id),
                                   terms.content_hash, word(terms.form), to_microseconds(fact.time),
                                   to_microseconds(terms.expires_at)})));
}

Result<void> project_grant_issued(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const GrantTerms terms{.id = fields.id<GrantId>("grantId"),
                         .approval = fields.id<ApprovalId>("approvalId"),
                         .content_hash = fields.content_hash("contentHash"),
                         .form = fields.as_word<GrantForm>("form"),
                         .expires_at = fields.time("expiresAt")};
  TRY(fields.finish());
  TRY(require_status(connection, fact, terms.approval, Status::approved));
  return insert_grant(connection, fact, terms);
}

Result<void> project_grant_consumed(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<GrantId>("grantId");
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto content_hash = fields.content_hash("contentHash");
  const auto at = fields.time("consumedAt");
  const auto by = fields.optional_id<PrincipalId>("consumedBy");
  TRY(fields.finish());
  TRY(require_status(connection, fact, approval, Status::approved));

  return require_one(
      fact, TRY(connection.run(kConsume, {fact.tenant, bytes_of(approval), bytes_of(id),
                                          content_hash, to_microseconds(at), nullable_bytes(by)})));
}

Result<void> project_grant_token_issued(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<GrantId>("grantId");
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto content_hash = fields.content_hash("contentHash");
  const auto token = content_hash_from_text(fields.content_hash("tokenHash"));
  TRY(fields.finish());
  TRY(require_status(connection, fact, approval, Status::approved));

  return require_one(
      fact, TRY(connection.run(kShow, {fact.tenant, bytes_of(approval), bytes_of(id), content_hash,
                                       Bytes{as_bytes(*token)}, to_microseconds(fact.time)})));
}

Result<void> project_grant_expired(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<GrantId>("grantId");
  const auto approval = fields.id<ApprovalId>("approvalId");
  const auto content_hash = fields.content_hash("contentHash");
  const auto at = fields.time("expiredAt");
  TRY(fields.finish());

  return require_one(fact,
                     TRY(connection.run(kExpire, {fact.tenant, bytes_of(approval), bytes_of(id),
                                                  content_hash, to_microseconds(at)})));
}

}  // namespace assent::store
