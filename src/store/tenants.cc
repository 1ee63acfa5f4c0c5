#include "store/tenants.h"

#include "store/identities.h"

#include <array>

namespace assent::store {

namespace {

constexpr std::string_view kTaken = R"sql(
  SELECT 1
    FROM tenants
   WHERE name = $1)sql";

constexpr std::string_view kNextNumber = R"sql(
  SELECT COALESCE(MAX(number), 0) + 1
    FROM tenants)sql";

constexpr std::string_view kAll = R"sql(
  SELECT number, name, origin, is_public
    FROM tenants
   ORDER BY number)sql";

struct Founding {
  std::string_view name;
  std::string_view host;
  Actor actor;
  std::vector<Role> roles;  // Of the admin.
};

Result<bool> is_taken(Connection& connection, std::string_view name) {
  const auto rows = TRY(connection.query(kTaken, {name}));
  return TRY(rows->next());
}

Result<TenantNumber> next_number(Connection& connection) {
  const auto rows = TRY(connection.query(kNextNumber));
  if (!TRY(rows->next())) return Error{Code::internal, "no number for a tenant"};
  return static_cast<TenantNumber>(rows->integer(0));
}

Json words_of(const std::vector<Role>& roles) {
  Json words = Json::array();
  for (const Role role : roles) words.push(Json(word(role)));
  return words;
}

Result<void> record_admin(Write& log, const Actor& actor, const NewKey& key) {
  const Principal& admin = log.caller().principal;
  TRY(log.record_as(actor, {.type = "principal.created",
                            .subject = "principal/" + admin.id.text(),
                            .data = Json::object({{"principalId", admin.id.text()},
                                                  {"type", word(admin.type)},
                                                  {"name", admin.name},
                                                  {"roles", words_of(admin.roles)}})}));
  const std::string key_id = log.make_id<KeyId>().text();
  TRY(log.record_as(actor, {.type = "key.created",
                            .subject = "key/" + key_id,
                            .data = Json::object({{"keyId", key_id},
                                                  {"principalId", admin.id.text()},
                                                  {"keyHash", content_hash_text(key.hash)},
                                                  {"name", "first"}})}));
  return {};
}

Result<NewTenant> found(Write& write, const Founding& founding) {
  if (!is_tenant_name(founding.name)) {
    return Error{Code::validation_error,
                 "a tenant's name is 1 to 63 of a-z, 0-9 and -, and does not begin with -",
                 {{"name", "is no tenant's name"}}};
  }
  if (TRY(is_taken(write.connection(), founding.name))) {
    return Error{Code::invalid_state, "there is a tenant of this name already"};
  }
  const Caller admin{
      .tenant = {.number = TRY(next_number(write.connection())),
                 .name = std::string(founding.name),
                 .origin = std::string(founding.host) + "/t/" + std::string(founding.name)},
      .principal = {.id = write.make_id<PrincipalId>(),
                    .type = PrincipalType::human,
                    .name = "admin",
                    .roles = founding.roles,
                    .owner = std::nullopt,
                    .email = std::nullopt,
                    .created_at = write.now()},
      .key = std::nullopt};
  const std::string verifier_key = TRY(write.verifier_key(admin.tenant.origin));
  const NewKey key = make_key(write.random());

  Write log = TRY(write.as(admin));
  TRY(log.record_as(founding.actor, {.type = "ledger.created",
                                     .subject = "ledger/" + admin.tenant.name,
                                     .data = Json::object({{"name", admin.tenant.name},
                                                           {"number", log.tenant_key()},
                                                           {"origin", admin.tenant.origin},
                                                           {"verifierKey", verifier_key}})}));
  TRY(record_admin(log, founding.actor, key));
  return NewTenant{admin.tenant, key.raw, verifier_key};
}

}  // namespace

Result<NewTenant> found_tenant(Write& write, std::string_view name) {
  const Tenant& own = write.tenant();
  const std::string suffix = "/t/" + own.name;
  CHECK(own.origin.ends_with(suffix));
  const std::string host = own.origin.substr(0, own.origin.size() - suffix.size());
  return found(
      write,
      {.name = name, .host = host, .actor = actor_of(write.caller()), .roles = {Role::admin}});
}

Result<NewTenant> found_first_tenant(Write& write, std::string_view name, std::string_view host) {
  return found(write, {.name = name,
                       .host = host,
                       .actor = engine_actor(),
                       .roles = {Role::admin, Role::operator_}});
}

Result<std::vector<Tenant>> all_tenants(const Read& read) {
  std::vector<Tenant> tenants;
  const auto rows = TRY(read.connection().query(kAll));
  while (TRY(rows->next())) {
    tenants.push_back({.number = static_cast<TenantNumber>(rows->integer(0)),
                       .name = std::string(rows->text(1)),
                       .origin = std::string(rows->text(2)),
                       .is_public = rows->integer(3) != 0});
  }
  return tenants;
}

}  // namespace assent::store
