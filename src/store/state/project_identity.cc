// Tenants, principals, keys.
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

constexpr std::string_view kInsertTenant = R"sql(
  INSERT INTO tenants (number, name, origin, verifier_key, created_at)
       VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kSetVisibility = R"sql(
  UPDATE tenants
     SET is_public = $2
   WHERE number = $1 AND is_public <> $2)sql";

constexpr std::string_view kInsertPrincipal = R"sql(
  INSERT INTO principals (tenant, id, type, name, roles, owner, email, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kIsPrincipal = R"sql(
  SELECT 1
    FROM principals
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kInsertKey = R"sql(
  INSERT INTO keys (tenant, id, principal, key_hash, name, expires_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kRevokeKey = R"sql(
  UPDATE keys
     SET revoked_at = $4
   WHERE tenant = $1 AND id = $2 AND principal = $3 AND revoked_at IS NULL)sql";

Result<void> require_principal(Connection& connection, const Fact& fact, const PrincipalId& id) {
  const auto rows = TRY(connection.query(kIsPrincipal, {fact.tenant, bytes_of(id)}));
  if (!TRY(rows->next())) return impossible(fact);
  return {};
}

}  // namespace

Result<void> project_ledger_created(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto name = fields.text("name");
  const auto number = fields.integer("number");
  const auto origin = fields.text("origin");
  const auto verifier_key = fields.text("verifierKey");
  if (number != fact.tenant) fields.spoil("number");
  TRY(fields.finish());
  if (fact.sequence != 0) return impossible(fact);

  return require_one(fact, TRY(connection.run(kInsertTenant, {number, name, origin, verifier_key,
                                                              to_microseconds(fact.time)})));
}

Result<void> project_visibility_changed(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const bool is_public = fields.flag("public");
  TRY(fields.finish());
  return require_one(
      fact, TRY(connection.run(kSetVisibility, {fact.tenant, std::int64_t{is_public ? 1 : 0}})));
}

Result<void> project_principal_created(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<PrincipalId>("principalId");
  const auto type = fields.as_word<PrincipalType>("type");
  const auto name = fields.text("name");
  const auto roles = fields.word_list<Role>("roles");
  const auto owner = fields.optional_id<PrincipalId>("ownerId");
  const auto email = fields.optional_text("email");
  TRY(fields.finish());
  if (owner) TRY(require_principal(connection, fact, *owner));

  return require_one(
      fact, TRY(connection.run(kInsertPrincipal, {fact.tenant, bytes_of(id), word(type), name,
                                                  roles, nullable_bytes(owner), nullable(email),
                                                  to_microseconds(fact.time)})));
}

Result<void> project_key_created(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<KeyId>("keyId");
  const auto principal = fields.id<PrincipalId>("principalId");
  const auto hash = content_hash_from_text(fields.content_hash("keyHash"));
  const auto name = fields.optional_text("name");
  const auto expires_at = fields.optional_time("expiresAt");
  TRY(fields.finish());
  TRY(require_principal(connection, fact, principal));

  return require_one(
      fact,
      TRY(connection.run(kInsertKey,
                         {fact.tenant, bytes_of(id), bytes_of(principal), Bytes{as_bytes(*hash)},
                          nullable(name), nullable_time(expires_at), to_microseconds(fact.time)})));
}

Result<void> project_key_revoked(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<KeyId>("keyId");
  const auto principal = fields.id<PrincipalId>("principalId");
  TRY(fields.finish());

  return require_one(fact,
                     TRY(connection.run(kRevokeKey, {fact.tenant, bytes_of(id), bytes_of(principal),
                                                     to_microseconds(fact.time)})));
}

}  // namespace assent::store
