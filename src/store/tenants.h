// Founding a tenant: its log's first three events.
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "store/read.h"

#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

struct NewTenant {
  Tenant tenant;
  std::string admin_key;  // Shown once, kept nowhere.
  std::string verifier_key;
};

// Makes the next tenant from an operator's job: `ledger.created`, `principal.created` (a human
// called admin) and `key.created` in the new tenant's log, by the caller, in the same commit.
// Errors: Code::validation_error for what is no tenant's name; Code::invalid_state if it is taken.
Result<NewTenant> found_tenant(Write& write, std::string_view name);

// The same for the store's first tenant, by the engine, whose logs are called `host/t/<name>`.
Result<NewTenant> found_first_tenant(Write& write, std::string_view name, std::string_view host);

// Every tenant of the store, oldest first.
Result<std::vector<Tenant>> all_tenants(const Read& read);

// The key that signs for the tenant's log now.
struct CurrentLogKey {
  std::int64_t generation = 0;
  std::string verifier_key;
};
Result<CurrentLogKey> current_log_key(const Read& read);

}  // namespace assent::store
