// Standing rules, as the state tables have them. Everything here is of the reader's tenant; errors
// as in approvals.h.
#pragma once

#include "base/result.h"
#include "domain/rule.h"
#include "store/read.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// What one tool may have of rules that are not revoked, so that a call costs a few index seeks
// whatever the number of rules: sets of pinned arguments, and rules that pin the same.
inline constexpr std::int64_t kRuleShapesMax = 64;
inline constexpr std::int64_t kRulesOfOnePinMax = 1000;

Result<Rule> rule(const Read& read, const RuleId& id);

// Those not revoked whose exact constraints the call satisfies; the rest of each is for the domain
// to compare. In no particular order.
Result<std::vector<Rule>> candidate_rules(const Read& read, std::string_view tool,
                                          const Json& arguments);

// Code::unprocessable if one more such rule would exceed a limit above.
Result<void> check_room(const Read& read, const Rule& rule);

// All given conditions must hold.
struct RuleFilter {
  std::optional<std::string> tool = std::nullopt;
  std::optional<RuleStatus> status = std::nullopt;
  std::optional<RuleId> before_id = std::nullopt;  // Exclusive: the last one of the page before.
  std::int64_t limit = 100;
};
// Newest first.
Result<std::vector<Rule>> list_rules(const Read& read, const RuleFilter& filter);

}  // namespace assent::store
