// Standing rules, one and by pages.
#pragma once

#include "app/operation.h"
#include "app/rule_view.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct GetRule {
  RuleId rule;
};
void describe(Fields& fields, GetRule& in);
Result<RuleView> get_rule(const store::Read& read, const GetRule& in);

struct ListRules {
  std::optional<std::string> tool;
  std::optional<RuleStatus> status;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
void describe(Fields& fields, ListRules& in);

struct RuleList {
  std::vector<RuleView> rules;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, RuleList& out);
Json to_data(const RuleList& out);
Result<RuleList> list_rules(const store::Read& read, const ListRules& in);

}  // namespace assent::app
