#include "store/committed.h"

namespace assent::store {

void CommittedState::update(const Committed& committed) {
  const std::lock_guard lock(mutex_);
  identities_ = committed.identities;
  for (const TenantNumber tenant : committed.changes.logs) {
    heads_[tenant] = committed.heads.at(tenant);
    grown_.insert(tenant);
  }
}

std::shared_ptr<const Identities> CommittedState::identities() const {
  const std::lock_guard lock(mutex_);
  return identities_;
}

Head CommittedState::head(TenantNumber tenant) const {
  const std::lock_guard lock(mutex_);
  const auto found = heads_.find(tenant);
  return found == heads_.end() ? Head{} : found->second;
}

std::uint64_t CommittedState::events() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t events = 0;
  for (const auto& [tenant, head] : heads_) events += head.size();
  return events;
}

std::vector<TenantNumber> CommittedState::take_grown() {
  const std::lock_guard lock(mutex_);
  std::vector<TenantNumber> grown(grown_.begin(), grown_.end());
  grown_.clear();
  return grown;
}

void CommittedState::keep_grown(TenantNumber tenant) {
  const std::lock_guard lock(mutex_);
  grown_.insert(tenant);
}

}  // namespace assent::store
