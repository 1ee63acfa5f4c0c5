// Who acts: principals, their roles, and the caller of an operation. Pure values.
#pragma once

#include "base/hash.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/words.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// A tenant's number inside one store: the high bits of its log positions. Never on the wire.
enum class TenantNumber : std::int64_t {};

struct Tenant {
  TenantNumber number{};
  std::string name;        // `[a-z0-9][a-z0-9-]{0,62}`; the `tenantid` of its events.
  std::string origin;      // The log's name: `assent.example/t/acme`.
  bool is_public = false;  // Whether anybody may read its log.
};

struct Principal {
  PrincipalId id;
  PrincipalType type = PrincipalType::agent;
  std::string name;
  std::vector<Role> roles;
  std::optional<PrincipalId> owner;  // The human who answers for an agent or a service.
  std::optional<std::string> email;
  Timestamp created_at;

  bool has(Role role) const;
};

// An API key as it is kept: never the key, only its SHA-256.
struct Key {
  KeyId id;
  PrincipalId principal;
  Hash key_hash;
  std::optional<std::string> name;
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> revoked_at;
  Timestamp created_at;
};

// The authenticated principal behind one call, as of the call.
struct Caller {
  Tenant tenant;
  Principal principal;
  std::optional<KeyId> key;  // Nothing for the engine itself (timers).
};

// Whether `name` may name a tenant.
bool is_tenant_name(std::string_view name);

}  // namespace assent
