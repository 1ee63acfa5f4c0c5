#include "store/state/suggestions.h"

#include "store/state/row.h"

namespace assent::store {
namespace {

constexpr std::string_view kLikes = R"sql(
  SELECT count, approvals
    FROM likes
   WHERE tenant = $1 AND fingerprint = $2)sql";

constexpr std::string_view kOne = R"sql(
  SELECT id, kind, status, tool, fingerprint, constraints, rule, approvals, created_at, ended_at
    FROM suggestions
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kLatest = R"sql(
  SELECT id, kind, status, tool, fingerprint, constraints, rule, approvals, created_at, ended_at
    FROM suggestions
   WHERE tenant = $1 AND fingerprint = $2
   ORDER BY created_at DESC, id DESC
   LIMIT 1)sql";

constexpr std::string_view kLatestDemotion = R"sql(
  SELECT id, kind, status, tool, fingerprint, constraints, rule, approvals, created_at, ended_at
    FROM suggestions
   WHERE tenant = $1 AND rule = $2 AND kind = 'demotion'
   ORDER BY created_at DESC, id DESC
   LIMIT 1)sql";

constexpr std::string_view kPending = R"sql(
  SELECT id, kind, status, tool, fingerprint, constraints, rule, approvals, created_at, ended_at
    FROM suggestions
   WHERE tenant = $1 AND tool = $2 AND status = 'pending' AND kind = 'promotion'
   ORDER BY id)sql";

// A comparison comes before its IS NULL, because PostgreSQL learns a parameter's type from it.
constexpr std::string_view kList = R"sql(
  SELECT id, kind, status, tool, fingerprint, constraints, rule, approvals, created_at, ended_at
    FROM suggestions
   WHERE tenant = $1 AND id < $2 AND (status = $3 OR $3 IS NULL)
   ORDER BY id DESC
   LIMIT $4)sql";

Result<std::vector<ArgumentCondition>> constraints_from(RowReader& row, int column) {
  auto constraints = constraints_from_json(row.json(column), "constraints");
  if (constraints) return constraints;
  row.spoil(column);
  return std::vector<ArgumentCondition>();
}

std::vector<ApprovalId> approvals_from(RowReader& row, int column) {
  std::vector<ApprovalId> approvals;
  const Json list = row.json(column);
  if (!list.is_array()) row.spoil(column);
  for (const Json& item : list.is_array() ? list.items() : Json::Array()) {
    const auto id = item.is_string() ? ApprovalId::parse(item.string()) : std::nullopt;
    if (!id) row.spoil(column);
    approvals.push_back(id.value_or(ApprovalId{}));
  }
  return approvals;
}

Result<Suggestion> suggestion_from(const Rows& rows) {
  RowReader row(rows, "suggestions");
  auto constraints = TRY(constraints_from(row, 5));
  Suggestion found{.id = row.id<SuggestionId>(0),
                   .kind = row.as_word<SuggestionKind>(1),
                   .status = row.as_word<SuggestionStatus>(2),
                   .tool = row.text(3),
                   .fingerprint = row.text(4),
                   .constraints = std::move(constraints),
                   .rule = row.optional_id<RuleId>(6),
                   .approvals = approvals_from(row, 7),
                   .created_at = row.time(8),
                   .ended_at = row.optional_time(9)};
  TRY(row.finish());
  return found;
}

Result<std::optional<Suggestion>> first_of(std::unique_ptr<Rows> rows) {
  if (!TRY(rows->next())) return std::optional<Suggestion>();
  return std::optional(TRY(suggestion_from(*rows)));
}

Result<std::vector<Suggestion>> all_of(std::unique_ptr<Rows> rows) {
  std::vector<Suggestion> found;
  while (TRY(rows->next())) found.push_back(TRY(suggestion_from(*rows)));
  return found;
}

SuggestionId id_after_all() {
  UuidBytes bytes;
  bytes.fill(0xff);
  return SuggestionId(bytes);
}

}  // namespace

Result<Likes> likes(const Read& read, std::string_view fingerprint) {
  Likes found;
  const auto rows = TRY(read.connection().query(kLikes, {read.tenant_key(), fingerprint}));
  if (!TRY(rows->next())) return found;
  RowReader row(*rows, "likes");
  found.count = row.integer(0);
  const std::string ids = row.text(1);
  for (std::size_t begin = 0; begin < ids.size();) {
    const std::size_t end = std::min(ids.find(',', begin), ids.size());
    const auto id = ApprovalId::parse(ids.substr(begin, end - begin));
    if (!id) row.spoil(1);
    found.approvals.push_back(id.value_or(ApprovalId{}));
    begin = end + 1;
  }
  TRY(row.finish());
  return found;
}

Result<Suggestion> suggestion(const Read& read, const SuggestionId& id) {
  auto found = TRY(first_of(TRY(read.connection().query(kOne, {read.tenant_key(), bytes_of(id)}))));
  if (!found) return Error{Code::not_found, "There is no such suggestion."};
  return std::move(*found);
}

Result<std::optional<Suggestion>> latest_suggestion(const Read& read,
                                                    std::string_view fingerprint) {
  return first_of(TRY(read.connection().query(kLatest, {read.tenant_key(), fingerprint})));
}

Result<std::optional<Suggestion>> latest_demotion(const Read& read, const RuleId& rule) {
  return first_of(
      TRY(read.connection().query(kLatestDemotion, {read.tenant_key(), bytes_of(rule)})));
}

Result<std::vector<Suggestion>> pending_promotions(const Read& read, std::string_view tool) {
  return all_of(TRY(read.connection().query(kPending, {read.tenant_key(), tool})));
}

Result<std::vector<Suggestion>> list_suggestions(const Read& read, const SuggestionFilter& filter) {
  const SuggestionId before = filter.before_id.value_or(id_after_all());
  const Parameter status =
      filter.status ? Parameter(word(*filter.status)) : Parameter(std::monostate{});
  return all_of(TRY(
      read.connection().query(kList, {read.tenant_key(), bytes_of(before), status, filter.limit})));
}

}  // namespace assent::store
