// Who may call, held in memory: an immutable snapshot that is replaced whole after every commit
// that changed a tenant, principal or key. Any thread may look things up in a snapshot.
#pragma once

#include "base/hash.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/principal.h"
#include "store/connection.h"
#include "store/signers.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace assent::store {

class Identities {
 public:
  // Everything from the tables.
  static Result<std::shared_ptr<const Identities>> load(Connection& connection);

  // The caller whose key is `raw_key` (`ask_…`), or nothing: unknown, malformed, expired at `now`,
  // revoked. Looks up by SHA-256, so timing tells nothing about stored keys.
  std::optional<Caller> authenticate(std::string_view raw_key, Timestamp now) const;

  // The caller as of this snapshot, or nothing if its key has gone since: what the writer asks
  // before it runs a job that was authenticated earlier.
  std::optional<Caller> refresh(const Caller& caller, Timestamp now) const;

  const Tenant* tenant(std::string_view name) const;
  const Tenant* tenant(TenantNumber number) const;
  const std::vector<Tenant>& tenants() const { return tenants_; }
  // The keys of the tenant's log. REQUIRES: the tenant is known.
  const LogKeys& log_keys(TenantNumber number) const { return log_keys_.at(number); }

 private:
  struct KnownPrincipal {
    const Tenant* tenant;
    Principal principal;
  };
  using IdBytes = std::string;  // 16 bytes.

  Result<void> load_tenants(Connection& connection);
  Result<void> load_log_keys(Connection& connection);
  Result<void> load_principals(Connection& connection);
  Result<void> load_keys(Connection& connection);
  std::optional<Caller> caller_with(const Key& key, Timestamp now) const;

  // Filled in this order and then left alone, so that the pointers hold.
  std::vector<Tenant> tenants_;
  std::map<TenantNumber, LogKeys> log_keys_;
  std::unordered_map<IdBytes, KnownPrincipal> principals_;
  std::unordered_map<IdBytes, Key> keys_;
  std::unordered_map<std::string, const Key*> keys_by_hash_;  // By the 32 bytes of the SHA-256.
};

// A fresh API key: `ask_<43 base62 of 32 random bytes>_<6 base62 of their CRC-32>`, and its hash.
// The checksum is over the 43 characters: a mistyped key, and a scanner's false alarm, is told from
// a revoked one without asking the store.
struct NewKey {
  std::string raw;
  Hash hash;
};
NewKey make_key(Random& random);
// A fresh bearer token of a grant, of the same make: `agt_…`.
NewKey make_token(Random& random);
bool is_well_formed_key(std::string_view raw);  // Shape and checksum.

}  // namespace assent::store
