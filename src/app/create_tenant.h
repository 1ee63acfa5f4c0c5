// A tenant is founded, with its own log, key and admin.
#pragma once

#include "app/operation.h"

#include <optional>
#include <string>

namespace assent::app {

struct CreateTenant {
  std::string name;
};
void describe(Fields& fields, CreateTenant& in);

struct CreatedTenant {
  std::string tenant;
  std::optional<std::string> admin_key;  // Shown once.
  std::string verifier_key;
};
void describe(Fields& fields, CreatedTenant& out);
Result<CreatedTenant> create_tenant(store::Write& write, const CreateTenant& in);

}  // namespace assent::app
