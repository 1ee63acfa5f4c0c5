// A standing rule as people see it.
#pragma once

#include "app/fields.h"
#include "domain/rule.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct RuleView {
  RuleId id;
  std::string tool;
  JsonObject constraints;
  RuleStatus status = RuleStatus::active;
  std::int64_t uses = 0;
  std::optional<std::int64_t> max_uses;
  std::optional<Timestamp> expires_at;
  std::optional<std::string> description;
  PrincipalId created_by;
  std::optional<ApprovalId> created_from;
  Timestamp created_at;
  std::optional<Timestamp> revoked_at;
};
void describe(Fields& fields, RuleView& view);
RuleView view_of(const Rule& rule, Timestamp now);

}  // namespace assent::app
