#include "domain/principal.h"

#include <algorithm>

namespace assent {
namespace {

constexpr std::size_t kTenantNameMax = 63;  // A DNS label, so that a tenant can be a host name.

constexpr bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

bool Principal::has(Role role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool is_tenant_name(std::string_view name) {
  if (name.empty() || name.size() > kTenantNameMax || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

}  // namespace assent
