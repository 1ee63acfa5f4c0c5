#include "store/state/policies_in_force.h"

#include "store/blobs.h"
#include "store/state/policies.h"

#include <utility>

namespace assent::store {

void PoliciesInForce::know(Connection& connection, TenantNumber tenant) {
  Result<Known> known = Known{.sha256 = "", .policy = built_in_policy()};
  auto version = newest_policy(connection, tenant);
  if (!version) {
    known = std::move(version).error();
  } else if (*version) {
    known = Known{.sha256 = (*version)->sha256, .policy = nullptr};
  }
  const std::scoped_lock lock(mutex_);
  known_.insert_or_assign(tenant, std::move(known));
}

Result<std::shared_ptr<const Policy>> PoliciesInForce::of(TenantNumber tenant) const {
  std::string sha256;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(tenant);
    if (found == known_.end()) return built_in_policy();
    if (!found->second) return found->second.error();
    if (found->second->policy) return found->second->policy;
    sha256 = found->second->sha256;
  }
  auto policy = TRY(policy_document(blobs_, tenant, sha256));
  const std::scoped_lock lock(mutex_);
  Result<Known>& known = known_.at(tenant);
  // Unless another came into force meanwhile.
  if (known && known->sha256 == sha256) known->policy = policy;
  return policy;
}

}  // namespace assent::store
