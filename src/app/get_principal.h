// One principal.
#pragma once

#include "app/operation.h"
#include "domain/principal.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

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

struct GetPrincipal {
  PrincipalId principal;
};
void describe(Fields& fields, GetPrincipal& in);
Result<PrincipalView> get_principal(const store::Read& read, const GetPrincipal& in);

PrincipalView view_of(const Principal& principal);

}  // namespace assent::app
