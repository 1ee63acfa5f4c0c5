#include "app/manage_principals.h"

#include <algorithm>

#include "app/cursor.h"
#include "store/identities.h"
#include "store/principals.h"
#include "store/tenants.h"

namespace assent::app {

namespace {

constexpr std::int64_t kPageDefault = 100;

PrincipalView view_of(const Principal& principal) {
  return {.id = principal.id,
          .type = principal.type,
          .name = principal.name,
          .roles = principal.roles,
          .owner = principal.owner,
          .email = principal.email,
          .created_at = principal.created_at};
}

Error unprocessable(std::string path, std::string message) {
  std::string detail = path + " " + message;
  return {Code::unprocessable, std::move(detail), {{std::move(path), std::move(message)}}};
}

Result<void> check_owner(const store::Write& write, const CreatePrincipal& in) {
  if (!in.owner) return {};
  if (in.type == PrincipalType::human) {
    return unprocessable("ownerId", "is for agents and services: a human answers for himself");
  }
  const auto owner = store::principal(write, *in.owner);
  if (!owner && owner.error().code != Code::not_found) return owner.error();
  if (!owner || owner->type != PrincipalType::human) {
    return unprocessable("ownerId", "must be a human of this tenant");
  }
  return {};
}

}  // namespace

Result<PrincipalView> create_principal(store::Write& write, const CreatePrincipal& in) {
  if (in.roles.empty()) {
    return Error{Code::validation_error, "roles is required", {{"roles", "needs at least one role"}}};
  }
  std::vector<Role> roles = in.roles;
  std::ranges::sort(roles);
  roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
  // Nobody hands out what he does not have himself: operators alone make operators.
  if (std::ranges::find(roles, Role::operator_) != roles.end() &&
      !write.caller().principal.has(Role::operator_)) {
    return Error{Code::insufficient_permissions, "only an operator may make an operator"};
  }
  TRY(check_owner(write, in));

  const Principal principal{.id = write.make_id<PrincipalId>(),
                            .type = in.type,
                            .name = in.name,
                            .roles = roles,
                            .owner = in.owner,
                            .email = in.email,
                            .created_at = write.now()};
  Json words = Json::array();
  for (const Role role : roles) words.push(word(role));
  Json data = Json::object({{"principalId", principal.id.text()},
                            {"type", word(principal.type)},
                            {"name", principal.name},
                            {"roles", std::move(words)}});
  if (in.owner) data.set("ownerId", in.owner->text());
  data.set_if("email", in.email);
  TRY(write.record({.type = "principal.created",
                    .subject = "principal/" + principal.id.text(),
                    .data = std::move(data)}));
  return view_of(principal);
}

Result<PrincipalView> get_principal(const store::Read& read, const GetPrincipal& in) {
  return view_of(TRY(store::principal(read, in.principal)));
}

Result<PrincipalList> list_principals(const store::Read& read, const ListPrincipals& in) {
  const Json filter = Json::object({{"list", "principals"}});
  std::optional<PrincipalId> after;
  if (in.cursor) {
    const Json place = TRY(open_cursor(*in.cursor, read.tenant().number, filter));
    after = PrincipalId::parse(place.string_at("after").value_or(""));
  }
  const std::int64_t limit = in.limit.value_or(kPageDefault);
  auto found = TRY(store::list_principals(read, after, limit + 1));
  PrincipalList out;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    out.next_cursor = make_cursor(read.tenant().number, filter,
                                  Json::object({{"after", found.back().id.text()}}));
  }
  for (const Principal& principal : found) out.principals.push_back(view_of(principal));
  return out;
}

Result<CreatedKey> create_key(store::Write& write, const CreateKey& in) {
  const Principal principal = TRY(store::principal(write, in.principal));
  // A key of an operator would be a way round the rule above.
  if (principal.has(Role::operator_) && !write.caller().principal.has(Role::operator_)) {
    return Error{Code::insufficient_permissions, "only an operator may make an operator's key"};
  }
  if (in.expires_at && *in.expires_at <= write.now()) {
    return unprocessable("expiresAt", "must be in the future");
  }
  const auto key = store::make_key(write.random());
  const auto id = write.make_id<KeyId>();
  Json data = Json::object({{"keyId", id.text()},
                            {"principalId", principal.id.text()},
                            {"keyHash", content_hash_text(key.hash)}});
  data.set_if("name", in.name);
  if (in.expires_at) data.set("expiresAt", to_rfc3339(*in.expires_at));
  TRY(write.record({.type = "key.created", .subject = "key/" + id.text(), .data = std::move(data)}));
  return CreatedKey{.key_id = id, .key = key.raw};
}

Result<RevokedKey> revoke_key(store::Write& write, const RevokeKey& in) {
  const Key key = TRY(store::key(write, in.key));
  if (key.revoked_at) return Error{Code::invalid_state, "the key is revoked already"};
  TRY(write.record({.type = "key.revoked",
                    .subject = "key/" + key.id.text(),
                    .data = Json::object({{"keyId", key.id.text()},
                                          {"principalId", key.principal.text()}})}));
  return RevokedKey{.key_id = key.id, .principal_id = key.principal, .revoked_at = write.now()};
}

Result<CreatedTenant> create_tenant(store::Write& write, const CreateTenant& in) {
  if (!is_tenant_name(in.name)) {
    return Error{Code::validation_error, "name is not a tenant's",
                 {{"name", "must be 1 to 63 lower-case letters, digits and hyphens"}}};
  }
  auto made = TRY(store::found_tenant(write, in.name));
  return CreatedTenant{.tenant = made.tenant.name,
                       .admin_key = std::move(made.admin_key),
                       .verifier_key = std::move(made.verifier_key)};
}

Json to_data(const PrincipalList& out) {
  Json list = Json::array();
  for (const PrincipalView& view : out.principals) list.push(encode(view));
  return list;
}

void describe(Fields& fields, CreatePrincipal& in) {
  fields.field("type", in.type, "human, agent or service");
  fields.field("name", in.name, "what people call it", {.length_max = 255, .length_min = 1});
  fields.field("roles", in.roles, "what it may do", {.length_max = 7});
  fields.field("ownerId", in.owner, "the human who answers for an agent or a service");
  fields.field("email", in.email, "where notices go", {.length_max = 320, .format = "email"});
}

void describe(Fields& fields, PrincipalView& view) {
  fields.field("id", view.id, "the principal");
  fields.field("type", view.type, "human, agent or service");
  fields.field("name", view.name, "what people call it");
  fields.field("roles", view.roles, "what it may do");
  fields.field("ownerId", view.owner, "the human who answers for it");
  fields.field("email", view.email, "where notices go");
  fields.field("createdAt", view.created_at, "the commit's time");
}

void describe(Fields& fields, GetPrincipal& in) {
  fields.path("id", in.principal, "the principal");
}

void describe(Fields& fields, ListPrincipals& in) {
  fields.query("limit", in.limit, "principals a page", {.min = 1, .max = 1000});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, PrincipalList& out) {
  fields.field("principals", out.principals, "in order of creation");
}

void describe(Fields& fields, CreateKey& in) {
  fields.path("id", in.principal, "whose key it is");
  fields.field("name", in.name, "what it is for", {.length_max = 255});
  fields.field("expiresAt", in.expires_at, "when it stops working");
}

void describe(Fields& fields, CreatedKey& out) {
  fields.field("keyId", out.key_id, "names the key without being it");
  fields.field("key", out.key, "the key itself; shown this once");
}

void describe(Fields& fields, RevokeKey& in) { fields.path("id", in.key, "the key"); }

void describe(Fields& fields, RevokedKey& out) {
  fields.field("keyId", out.key_id, "the key");
  fields.field("principalId", out.principal_id, "whose it was");
  fields.field("revokedAt", out.revoked_at, "the commit's time");
}

void describe(Fields& fields, CreateTenant& in) {
  fields.field("name", in.name, "lower-case letters, digits and hyphens",
               {.length_max = 63, .length_min = 1});
}

void describe(Fields& fields, CreatedTenant& out) {
  fields.field("tenant", out.tenant, "its name");
  fields.field("adminKey", out.admin_key, "its first admin's key; shown this once");
  fields.field("verifierKey", out.verifier_key, "verifies its log's checkpoints");
}

}  // namespace assent::app
