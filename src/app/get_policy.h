// The policy in force, or an earlier version.
#pragma once

#include "app/operation.h"

#include <optional>
#include <string>

namespace assent::app {

struct GetPolicy {
  std::optional<std::int64_t> version;
};
void describe(Fields& fields, GetPolicy& in);

struct PolicyView {
  std::int64_t version = 0;
  std::optional<std::string> sha256;    // Absent for version 0, the built-in policy.
  std::optional<std::string> document;  // The text as it was put.
};
void describe(Fields& fields, PolicyView& view);
Result<PolicyView> get_policy(const store::Read& read, const GetPolicy& in);

}  // namespace assent::app
