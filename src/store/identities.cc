#include "store/identities.h"

#include "base/json.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace assent::store {

namespace {

constexpr std::string_view kTenants = R"sql(
  SELECT number, name, origin, is_public
    FROM tenants
   ORDER BY number)sql";

constexpr std::string_view kLogKeys = R"sql(
  SELECT tenant, generation, from_size
    FROM log_keys
   ORDER BY tenant, generation)sql";

constexpr std::string_view kPrincipals = R"sql(
  SELECT tenant, id, type, name, roles, owner, email, created_at
    FROM principals
   ORDER BY tenant, id)sql";

// Revoked ones are not needed to tell who may call.
constexpr std::string_view kKeys = R"sql(
  SELECT id, principal, key_hash, name, expires_at, created_at
    FROM keys
   WHERE revoked_at IS NULL
   ORDER BY tenant, id)sql";

constexpr std::string_view kKeyPrefix = "ask_";
constexpr std::string_view kTokenPrefix = "agt_";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyDigits = 43;      // 62^43 > 2^256.
constexpr std::size_t kChecksumDigits = 6;  // 62^6 > 2^32.

Error malformed(std::string_view what) {
  return {Code::corrupt, "a row of " + std::string(what) + " is not one that we write"};
}

template <class IdType>
std::optional<IdType> id_from(std::string_view bytes) {
  UuidBytes uuid;
  if (bytes.size() != uuid.size()) return std::nullopt;
  std::ranges::copy(bytes, uuid.begin());
  return IdType(uuid);
}

template <class IdType>
std::string bytes_of(const IdType& id) {
  return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()};
}

std::optional<std::string> optional_text(const Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return std::string(rows.text(column));
}

std::optional<std::vector<Role>> roles_from(std::string_view text) {
  const auto json = parse_json(text);
  if (!json || !json->is_array()) return std::nullopt;
  std::vector<Role> roles;
  for (const Json& item : json->items()) {
    const auto role = item.is_string() ? from_word<Role>(item.string()) : std::nullopt;
    if (!role) return std::nullopt;
    roles.push_back(*role);
  }
  return roles;
}

Result<Principal> principal_from(const Rows& rows) {
  const auto id = id_from<PrincipalId>(rows.bytes(1));
  const auto type = from_word<PrincipalType>(rows.text(2));
  auto roles = roles_from(rows.text(4));
  if (!id || !type || !roles) return malformed("principals");
  Principal principal{.id = *id,
                      .type = *type,
                      .name = std::string(rows.text(3)),
                      .roles = std::move(*roles),
                      .owner = std::nullopt,
                      .email = optional_text(rows, 6),
                      .created_at = from_microseconds(rows.integer(7))};
  if (rows.is_null(5)) return principal;
  principal.owner = id_from<PrincipalId>(rows.bytes(5));
  if (!principal.owner) return malformed("principals");
  return principal;
}

Result<Key> key_from(const Rows& rows) {
  const auto id = id_from<KeyId>(rows.bytes(0));
  const auto principal = id_from<PrincipalId>(rows.bytes(1));
  const auto hash = hash_from_bytes(rows.bytes(2));
  if (!id || !principal || !hash) return malformed("keys");
  Key key{.id = *id,
          .principal = *principal,
          .key_hash = *hash,
          .name = optional_text(rows, 3),
          .expires_at = std::nullopt,
          .revoked_at = std::nullopt,
          .created_at = from_microseconds(rows.integer(5))};
  if (!rows.is_null(4)) key.expires_at = from_microseconds(rows.integer(4));
  return key;
}

std::string checksum_of(std::string_view digits) {
  const std::uint32_t crc = crc32(digits);
  const std::array<char, 4> bytes = {static_cast<char>(crc >> 24), static_cast<char>(crc >> 16),
                                     static_cast<char>(crc >> 8), static_cast<char>(crc)};
  return to_base62({bytes.data(), bytes.size()}, kChecksumDigits);
}

}  // namespace

Result<std::shared_ptr<const Identities>> Identities::load(Connection& connection) {
  auto identities = std::make_shared<Identities>();
  TRY(identities->load_tenants(connection));
  TRY(identities->load_log_keys(connection));
  TRY(identities->load_principals(connection));
  TRY(identities->load_keys(connection));
  return std::shared_ptr<const Identities>(std::move(identities));
}

Result<void> Identities::load_tenants(Connection& connection) {
  const auto rows = TRY(connection.query(kTenants));
  while (TRY(rows->next())) {
    tenants_.push_back({.number = static_cast<TenantNumber>(rows->integer(0)),
                        .name = std::string(rows->text(1)),
                        .origin = std::string(rows->text(2)),
                        .is_public = rows->integer(3) != 0});
  }
  return {};
}

Result<void> Identities::load_log_keys(Connection& connection) {
  for (const Tenant& known : tenants_) log_keys_[known.number];
  const auto rows = TRY(connection.query(kLogKeys));
  while (TRY(rows->next())) {
    const auto keys = log_keys_.find(static_cast<TenantNumber>(rows->integer(0)));
    if (keys == log_keys_.end()) return malformed("log_keys");
    keys->second.push_back({.generation = static_cast<ledger::Generation>(rows->integer(1)),
                            .from_size = static_cast<std::uint64_t>(rows->integer(2))});
  }
  const auto has_none = [](const auto& log) { return log.second.empty(); };
  if (std::ranges::any_of(log_keys_, has_none)) return malformed("log_keys");
  return {};
}

Result<void> Identities::load_principals(Connection& connection) {
  const auto rows = TRY(connection.query(kPrincipals));
  while (TRY(rows->next())) {
    const Tenant* const owner = tenant(static_cast<TenantNumber>(rows->integer(0)));
    if (owner == nullptr) return malformed("principals");
    Principal principal = TRY(principal_from(*rows));
    IdBytes id = bytes_of(principal.id);
    principals_.emplace(std::move(id), KnownPrincipal{owner, std::move(principal)});
  }
  return {};
}

Result<void> Identities::load_keys(Connection& connection) {
  const auto rows = TRY(connection.query(kKeys));
  while (TRY(rows->next())) {
    Key key = TRY(key_from(*rows));
    if (!principals_.contains(bytes_of(key.principal))) return malformed("keys");
    IdBytes id = bytes_of(key.id);
    const auto [kept, is_new] = keys_.emplace(std::move(id), std::move(key));
    if (!is_new) return malformed("keys");
    keys_by_hash_.emplace(as_bytes(kept->second.key_hash), &kept->second);
  }
  return {};
}

std::optional<Caller> Identities::authenticate(std::string_view raw_key, Timestamp now) const {
  if (!is_well_formed_key(raw_key)) return std::nullopt;
  const Hash hash = sha256(raw_key);
  const auto found = keys_by_hash_.find(std::string(as_bytes(hash)));
  if (found == keys_by_hash_.end()) return std::nullopt;
  return caller_with(*found->second, now);
}

std::optional<Caller> Identities::refresh(const Caller& caller, Timestamp now) const {
  if (!caller.key) return caller;  // The engine itself.
  const auto found = keys_.find(bytes_of(*caller.key));
  if (found == keys_.end()) return std::nullopt;
  return caller_with(found->second, now);
}

std::optional<Caller> Identities::caller_with(const Key& key, Timestamp now) const {
  if (key.expires_at && now >= *key.expires_at) return std::nullopt;
  const KnownPrincipal& known = principals_.at(bytes_of(key.principal));
  return Caller{.tenant = *known.tenant, .principal = known.principal, .key = key.id};
}

const Tenant* Identities::tenant(std::string_view name) const {
  const auto found = std::ranges::find(tenants_, name, &Tenant::name);
  return found == tenants_.end() ? nullptr : &*found;
}

const Tenant* Identities::tenant(TenantNumber number) const {
  const auto found = std::ranges::lower_bound(tenants_, number, {}, &Tenant::number);
  return found == tenants_.end() || found->number != number ? nullptr : &*found;
}

namespace {

NewKey make_secret(std::string_view prefix, Random& random) {
  std::array<std::uint8_t, kKeyBytes> bytes;
  random.fill(bytes);
  const std::string digits =
      to_base62({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, kKeyDigits);
  std::string raw = std::string(prefix) + digits + "_" + checksum_of(digits);
  const Hash hash = sha256(raw);
  return {.raw = std::move(raw), .hash = hash};
}

}  // namespace

NewKey make_key(Random& random) {
  return make_secret(kKeyPrefix, random);
}

NewKey make_token(Random& random) {
  return make_secret(kTokenPrefix, random);
}

bool is_well_formed_key(std::string_view raw) {
  constexpr std::size_t kSize = kKeyPrefix.size() + kKeyDigits + 1 + kChecksumDigits;
  if (raw.size() != kSize || !raw.starts_with(kKeyPrefix)) return false;
  const std::string_view digits = raw.substr(kKeyPrefix.size(), kKeyDigits);
  if (raw[kKeyPrefix.size() + kKeyDigits] != '_') return false;
  return raw.substr(kSize - kChecksumDigits) == checksum_of(digits);
}

}  // namespace assent::store
