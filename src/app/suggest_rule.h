// Which rule would have approved this call, and calls like it: the sensitive arguments pinned, the
// others open. Looking at it changes nothing.
#pragma once

#include "app/operation.h"
#include "domain/rule.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct SuggestRule {
  ApprovalId approval;
};
void describe(Fields& fields, SuggestRule& in);

struct SuggestedRule {
  std::string tool;
  JsonObject constraints;  // Values of secrets are not shown.
  JsonObject sensitivity;  // Why each argument is pinned or open.
  std::optional<std::int64_t> max_uses;
};
void describe(Fields& fields, SuggestedRule& out);

Result<SuggestedRule> suggest_rule(const store::Read& read, const SuggestRule& in);

// The suggested constraints as they would be kept, secrets too.
Result<std::vector<ArgumentCondition>> suggested_constraints(const store::Read& read,
                                                             const Approval& approval,
                                                             const Json& arguments);

}  // namespace assent::app
