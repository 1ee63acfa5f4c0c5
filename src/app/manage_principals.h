// Administration: tenants, principals and their keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/operation.h"

namespace assent::app {

struct CreatePrincipal {
  PrincipalType type = PrincipalType::agent;
  std::string name;
  std::vector<Role> roles;
  std::optional<PrincipalId> owner;
  std::optional<std::string> email;
};
void describe(Fields& fields, CreatePrincipal& in);

struct PrincipalView {
  PrincipalId id;
  PrincipalType type = PrincipalType::agent;
  std::string name;
  std::vector<Role> roles;
  std::optional<PrincipalId> owner;
  std::optional<std::string> email;
  Timestamp created_at;
};
void describe(Fields& fields, PrincipalView& view);

Result<PrincipalView> create_principal(store::Write& write, const CreatePrincipal& in);

struct GetPrincipal {
  PrincipalId principal;
};
void describe(Fields& fields, GetPrincipal& in);
Result<PrincipalView> get_principal(const store::Read& read, const GetPrincipal& in);

struct ListPrincipals {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
void describe(Fields& fields, ListPrincipals& in);

struct PrincipalList {
  std::vector<PrincipalView> principals;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, PrincipalList& out);
Json to_data(const PrincipalList& out);
Result<PrincipalList> list_principals(const store::Read& read, const ListPrincipals& in);

struct CreateKey {
  PrincipalId principal;
  std::optional<std::string> name;
  std::optional<Timestamp> expires_at;
};
void describe(Fields& fields, CreateKey& in);

struct CreatedKey {
  KeyId key_id;
  std::optional<std::string> key;  // Shown once; absent from a replayed answer.
};
void describe(Fields& fields, CreatedKey& out);
Result<CreatedKey> create_key(store::Write& write, const CreateKey& in);

struct RevokeKey {
  KeyId key;
};
void describe(Fields& fields, RevokeKey& in);

struct RevokedKey {
  KeyId key_id;
  PrincipalId principal_id;
  Timestamp revoked_at;
};
void describe(Fields& fields, RevokedKey& out);
Result<RevokedKey> revoke_key(store::Write& write, const RevokeKey& in);

struct CreateTenant {
  std::string name;
};
void describe(Fields& fields, CreateTenant& in);

struct CreatedTenant {
  std::string tenant;
  std::optional<std::string> admin_key;  // Shown once.
  std::string verifier_key;
};
void describe(Fields& fields, CreatedTenant& out);
Result<CreatedTenant> create_tenant(store::Write& write, const CreateTenant& in);

}  // namespace assent::app
