// A human, an agent or a service gets an id and roles.
#pragma once

#include "app/get_principal.h"
#include "app/operation.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct CreatePrincipal {
  PrincipalType type = PrincipalType::agent;
  std::string name;
  std::vector<Role> roles;
  std::optional<PrincipalId> owner;
  std::optional<std::string> email;
};
void describe(Fields& fields, CreatePrincipal& in);

Result<PrincipalView> create_principal(store::Write& write, const CreatePrincipal& in);

}  // namespace assent::app
