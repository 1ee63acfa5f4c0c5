// Principals in order of creation, by pages.
#pragma once

#include "app/get_principal.h"
#include "app/operation.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct ListPrincipals {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
void describe(Fields& fields, ListPrincipals& in);

struct PrincipalList {
  std::vector<PrincipalView> principals;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, PrincipalList& out);
Json to_data(const PrincipalList& out);
Result<PrincipalList> list_principals(const store::Read& read, const ListPrincipals& in);

}  // namespace assent::app
