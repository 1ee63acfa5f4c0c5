#include "store/state/principals.h"

#include "store/state/row.h"

namespace assent::store {
namespace {

constexpr std::string_view kPrincipal = R"sql(
  SELECT id, type, name, roles, owner, email, created_at
    FROM principals
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kList = R"sql(
  SELECT id, type, name, roles, owner, email, created_at
    FROM principals
   WHERE tenant = $1 AND id > $2
   ORDER BY id
   LIMIT $3)sql";

constexpr std::string_view kListHumans = R"sql(
  SELECT id, type, name, roles, owner, email, created_at
    FROM principals
   WHERE tenant = $1 AND type = 'human' AND id > $2
   ORDER BY id
   LIMIT $3)sql";

Result<Principal> principal_from(const Rows& rows) {
  RowReader row(rows, "principals");
  Principal principal{.id = row.id<PrincipalId>(0),
                      .type = row.as_word<PrincipalType>(1),
                      .name = row.text(2),
                      .roles = row.word_list<Role>(3),
                      .owner = row.optional_id<PrincipalId>(4),
                      .email = row.optional_text(5),
                      .created_at = row.time(6)};
  TRY(row.finish());
  return principal;
}

Result<std::vector<Principal>> principals_from(const std::unique_ptr<Rows>& rows) {
  std::vector<Principal> principals;
  while (TRY(rows->next())) principals.push_back(TRY(principal_from(*rows)));
  return principals;
}

constexpr std::string_view kKey = R"sql(
  SELECT id, principal, key_hash, name, expires_at, revoked_at, created_at
    FROM keys
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kKeysOf = R"sql(
  SELECT id, principal, key_hash, name, expires_at, revoked_at, created_at
    FROM keys
   WHERE tenant = $1 AND principal = $2
   ORDER BY id)sql";

Result<Key> key_from(const Rows& rows) {
  RowReader row(rows, "keys");
  Key key{.id = row.id<KeyId>(0),
          .principal = row.id<PrincipalId>(1),
          .key_hash = row.hash(2),
          .name = row.optional_text(3),
          .expires_at = row.optional_time(4),
          .revoked_at = row.optional_time(5),
          .created_at = row.time(6)};
  TRY(row.finish());
  return key;
}

}  // namespace

Result<Principal> principal(const Read& read, const PrincipalId& id) {
  const auto rows = TRY(read.connection().query(kPrincipal, {read.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return Error{Code::not_found, "There is no such principal."};
  return principal_from(*rows);
}

Result<std::vector<Principal>> list_principals(const Read& read,
                                               const std::optional<PrincipalId>& after,
                                               std::int64_t limit) {
  const PrincipalId from = after.value_or(PrincipalId());
  return principals_from(
      TRY(read.connection().query(kList, {read.tenant_key(), bytes_of(from), limit})));
}

Result<std::vector<Principal>> list_humans(const Read& read,
                                           const std::optional<PrincipalId>& after,
                                           std::int64_t limit) {
  const PrincipalId from = after.value_or(PrincipalId());
  return principals_from(
      TRY(read.connection().query(kListHumans, {read.tenant_key(), bytes_of(from), limit})));
}

Result<Key> key(const Read& read, const KeyId& id) {
  const auto rows = TRY(read.connection().query(kKey, {read.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return Error{Code::not_found, "There is no such key."};
  return key_from(*rows);
}

Result<std::vector<Key>> keys_of(const Read& read, const PrincipalId& principal) {
  std::vector<Key> keys;
  const auto rows = TRY(read.connection().query(kKeysOf, {read.tenant_key(), bytes_of(principal)}));
  while (TRY(rows->next())) keys.push_back(TRY(key_from(*rows)));
  return keys;
}

}  // namespace assent::store
