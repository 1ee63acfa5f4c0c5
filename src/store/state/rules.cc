#include "store/state/rules.h"

#include "store/state/row.h"

#include <algorithm>

namespace assent::store {
namespace {

constexpr std::string_view kRule = R"sql(
  SELECT id, tool, constraints, max_uses, uses, expires_at, description, created_by,
         created_roles, created_from, created_at, revoked_at
    FROM rules
   WHERE tenant = $1 AND id = $2)sql";

// A loose scan: one index seek for each shape, however many rules have it.
constexpr std::string_view kShapes = R"sql(
  WITH RECURSIVE shapes (shape) AS (
    SELECT MIN(shape)
      FROM rules
     WHERE tenant = $1 AND tool = $2 AND revoked_at IS NULL
     UNION ALL
    SELECT (SELECT MIN(rules.shape)
              FROM rules
             WHERE rules.tenant = $1 AND rules.tool = $2 AND rules.shape > shapes.shape
               AND rules.revoked_at IS NULL)
      FROM shapes
     WHERE shapes.shape IS NOT NULL)
  SELECT shape
    FROM shapes
   WHERE shape IS NOT NULL)sql";

constexpr std::string_view kPinned = R"sql(
  SELECT id, tool, constraints, max_uses, uses, expires_at, description, created_by,
         created_roles, created_from, created_at, revoked_at
    FROM rules
   WHERE tenant = $1 AND tool = $2 AND shape = $3 AND pin = $4 AND revoked_at IS NULL)sql";

constexpr std::string_view kCountPinned = R"sql(
  SELECT COUNT(*)
    FROM rules
   WHERE tenant = $1 AND tool = $2 AND shape = $3 AND pin = $4 AND revoked_at IS NULL)sql";

// A comparison comes before its IS NULL, because PostgreSQL learns a parameter's type from it.
constexpr std::string_view kList = R"sql(
  SELECT id, tool, constraints, max_uses, uses, expires_at, description, created_by,
         created_roles, created_from, created_at, revoked_at
    FROM rules
   WHERE tenant = $1 AND id < $2
     AND (tool = $3 OR $3 IS NULL)
     AND ((CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
                WHEN expires_at < $4 THEN 'expired'
                WHEN uses >= max_uses THEN 'exhausted'
                ELSE 'active' END) = $5 OR $5 IS NULL)
   ORDER BY id DESC
   LIMIT $6)sql";

Result<std::vector<ArgumentCondition>> constraints_from(RowReader& row, int column) {
  auto constraints = constraints_from_json(row.json(column), "constraints");
  if (constraints) return constraints;
  row.spoil(column);
  return std::vector<ArgumentCondition>();
}

Result<Rule> rule_from(const Rows& rows) {
  RowReader row(rows, "rules");
  auto constraints = TRY(constraints_from(row, 2));
  Rule rule{.id = row.id<RuleId>(0),
            .tool = row.text(1),
            .constraints = std::move(constraints),
            .max_uses = row.optional_integer(3),
            .uses = row.integer(4),
            .expires_at = row.optional_time(5),
            .description = row.optional_text(6),
            .created_by = row.id<PrincipalId>(7),
            .created_roles = row.word_list<Role>(8),
            .created_from = row.optional_id<ApprovalId>(9),
            .created_at = row.time(10),
            .revoked_at = row.optional_time(11)};
  TRY(row.finish());
  return rule;
}

Result<std::vector<std::string>> shapes_of(const Read& read, std::string_view tool) {
  std::vector<std::string> shapes;
  const auto rows = TRY(read.connection().query(kShapes, {read.tenant_key(), tool}));
  while (TRY(rows->next())) shapes.emplace_back(rows->text(0));
  return shapes;
}

Result<std::int64_t> count_pinned(const Read& read, const Rule& rule, const std::string& shape) {
  const Hash pin = pin_of(rule.constraints);
  const auto rows = TRY(read.connection().query(
      kCountPinned, {read.tenant_key(), rule.tool, shape, Bytes{as_bytes(pin)}}));
  if (!TRY(rows->next())) return 0;
  return rows->integer(0);
}

RuleId id_after_all() {
  UuidBytes bytes;
  bytes.fill(0xff);
  return RuleId(bytes);
}

}  // namespace

Result<Rule> rule(const Read& read, const RuleId& id) {
  const auto rows = TRY(read.connection().query(kRule, {read.tenant_key(), bytes_of(id)}));
  if (!TRY(rows->next())) return Error{Code::not_found, "There is no such rule."};
  return rule_from(*rows);
}

Result<std::vector<Rule>> candidate_rules(const Read& read, std::string_view tool,
                                          const Json& arguments) {
  std::vector<Rule> candidates;
  for (const std::string& shape : TRY(shapes_of(read, tool))) {
    const auto pin = TRY(pin_of(shape, arguments));
    if (!pin) continue;
    const auto rows = TRY(
        read.connection().query(kPinned, {read.tenant_key(), tool, shape, Bytes{as_bytes(*pin)}}));
    while (TRY(rows->next())) candidates.push_back(TRY(rule_from(*rows)));
  }
  return candidates;
}

Result<void> check_room(const Read& read, const Rule& rule) {
  const std::string shape = shape_of(rule.constraints);
  const auto shapes = TRY(shapes_of(read, rule.tool));
  const bool is_known = std::ranges::find(shapes, shape) != shapes.end();
  if (!is_known && std::ssize(shapes) >= kRuleShapesMax) {
    return Error{Code::unprocessable,
                 "the tool's rules pin 64 different sets of arguments already",
                 {{"constraints", "pin yet another set of arguments than 64 others do"}}};
  }
  if (TRY(count_pinned(read, rule, shape)) >= kRulesOfOnePinMax) {
    return Error{Code::unprocessable,
                 "1000 rules of the tool pin the same already",
                 {{"constraints", "pin the same as 1000 other rules do"}}};
  }
  return {};
}

Result<std::vector<Rule>> list_rules(const Read& read, const RuleFilter& filter) {
  const RuleId before = filter.before_id.value_or(id_after_all());
  const Parameter status =
      filter.status ? Parameter(word(*filter.status)) : Parameter(std::monostate{});
  std::vector<Rule> rules;
  const auto rows = TRY(
      read.connection().query(kList, {read.tenant_key(), bytes_of(before), nullable(filter.tool),
                                      to_microseconds(read.now()), status, filter.limit}));
  while (TRY(rows->next())) rules.push_back(TRY(rule_from(*rows)));
  return rules;
}

}  // namespace assent::store
