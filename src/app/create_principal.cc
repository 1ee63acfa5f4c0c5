#include "app/create_principal.h"

#include "store/state/principals.h"

#include <algorithm>

namespace assent::app {

namespace {

Result<void> check_owner(const store::Write& write, const CreatePrincipal& in) {
  if (!in.owner) return {};
  if (in.type == PrincipalType::human) {
    return error_at(Code::unprocessable, "ownerId",
                    "is for agents and services: a human answers for himself");
  }
  const auto owner = store::principal(write, *in.owner);
  if (!owner && owner.error().code != Code::not_found) return owner.error();
  if (!owner || owner->type != PrincipalType::human) {
    return error_at(Code::unprocessable, "ownerId", "must be a human of this tenant");
  }
  return {};
}

}  // namespace

Result<PrincipalView> create_principal(store::Write& write, const CreatePrincipal& in) {
  if (in.roles.empty()) {
    return Error{
        Code::validation_error, "roles is required", {{"roles", "needs at least one role"}}};
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

void describe(Fields& fields, CreatePrincipal& in) {
  fields.field("type", in.type, "human, agent or service");
  fields.field("name", in.name, "what people call it", {.length_max = 255, .length_min = 1});
  fields.field("roles", in.roles, "what it may do", {.length_max = 7});
  fields.field("ownerId", in.owner, "the human who answers for an agent or a service");
  fields.field("email", in.email, "where notices go", {.length_max = 320, .format = "email"});
}

}  // namespace assent::app
