#include "app/operation.h"

#include <algorithm>
#include <array>
#include <vector>

namespace assent::app {

namespace {

struct Grants {
  Permission permission;
  std::vector<Role> roles;  // Any of them.
};

using enum Role;

// Who may call what. Whether a caller may decide a particular approval is the domain's question
// (domain/approval.h), because that refusal belongs on the log.
const std::array kGrants = {
    Grants{Permission::read, {agent, requester, approver, auditor, policy_admin, admin}},
    Grants{Permission::request, {agent, requester, approver, admin}},
    Grants{Permission::decide,
           {agent, requester, approver, auditor, policy_admin, admin, operator_}},
    Grants{Permission::attach, {agent, requester, approver, admin}},
    Grants{Permission::execute, {agent, requester, approver, admin}},
    Grants{Permission::emit, {agent, requester, admin}},
    Grants{Permission::rule, {approver, policy_admin, admin}},
    Grants{Permission::stop, {policy_admin, admin, operator_}},
    Grants{Permission::administer, {admin}},
    Grants{Permission::put_policy, {policy_admin, admin}},
    Grants{Permission::operate, {operator_}},
};

}  // namespace

std::span<const Role> roles_with(Permission permission) {
  const auto* row = std::ranges::find(kGrants, permission, &Grants::permission);
  CHECK(row != kGrants.end());
  return row->roles;
}

bool is_allowed(Permission permission, const Principal& principal) {
  return std::ranges::any_of(roles_with(permission),
                             [&](Role role) { return principal.has(role); });
}

}  // namespace assent::app
