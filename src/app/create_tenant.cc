#include "app/create_tenant.h"

#include "app/kill_switch.h"
#include "store/state/kill_switches.h"
#include "store/tenants.h"

namespace assent::app {

Result<CreatedTenant> create_tenant(store::Write& write, const CreateTenant& in) {
  if (!is_tenant_name(in.name)) {
    return Error{Code::validation_error,
                 "name is not a tenant's",
                 {{"name", "must be 1 to 63 lower-case letters, digits and hyphens"}}};
  }
  auto made = TRY(store::found_tenant(write, in.name));
  // What stops everybody stops the new one too, from its first moment.
  Caller operator_there = write.caller();
  operator_there.tenant = made.tenant;
  for (const KillSwitch& engaged : TRY(store::engaged_kill_switches(write))) {
    if (engaged.scope != KillScope::global) continue;
    store::Write there = TRY(write.as(operator_there));
    TRY(there.record(engaged_event(engaged)));
  }
  return CreatedTenant{.tenant = made.tenant.name,
                       .admin_key = std::move(made.admin_key),
                       .verifier_key = std::move(made.verifier_key)};
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
