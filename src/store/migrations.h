// The numbered steps that make a database what this binary expects. They only go forward.
#pragma once

#include "base/result.h"
#include "store/connection.h"

#include <span>
#include <string_view>

namespace assent::store {

struct Migration {
  std::string_view name;  // `0001_ledger`: the number orders them, the words say what.
  std::string_view sql;
};

// Applies those not yet applied, each in one transaction, and records its SHA-256; a crash leaves
// each one either whole or absent. REQUIRES: in order of number. Code::corrupt if the database was
// made by other texts than these (a changed release, or a newer binary's database).
Result<void> migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace assent::store
