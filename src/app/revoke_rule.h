// A standing rule ends: no call that is sequenced after it matches.
#pragma once

#include "app/operation.h"
#include "app/rule_view.h"

#include <optional>
#include <string>

namespace assent::app {

struct RevokeRule {
  RuleId rule;
  std::optional<std::string> reason;
};
void describe(Fields& fields, RevokeRule& in);

struct RevokedRule {
  RuleView rule;
  std::optional<Refused> refused;
};
Json to_data(const RevokedRule& out);
void describe(Fields& fields, RevokedRule& out);

// The end itself. Code::invalid_state if it is revoked already. REQUIRES: a human.
Result<void> end_rule(store::Write& write, const Rule& rule,
                      const std::optional<std::string>& reason);

Result<RevokedRule> revoke_rule(store::Write& write, const RevokeRule& in);

}  // namespace assent::app
