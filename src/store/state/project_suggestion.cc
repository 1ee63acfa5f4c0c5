#include "base/canonical.h"
#include "domain/suggestion.h"
#include "store/state/fact_fields.h"
#include "store/state/project_parts.h"

namespace assent::store {
namespace {

// The last five are remembered: they are what a suggestion is made of. An id has 30 characters.
constexpr std::string_view kLike = R"sql(
  INSERT INTO likes (tenant, fingerprint, count, approvals)
       VALUES ($1, $2, 1, $3)
  ON CONFLICT (tenant, fingerprint) DO UPDATE
          SET count = likes.count + 1,
              approvals = CASE WHEN likes.count < 5 THEN likes.approvals
                               ELSE SUBSTR(likes.approvals, 32) END
                          || ',' || excluded.approvals)sql";

constexpr std::string_view kForget = R"sql(
  DELETE FROM likes
   WHERE tenant = $1 AND fingerprint = $2)sql";

constexpr std::string_view kInsert = R"sql(
  INSERT INTO suggestions (tenant, id, kind, status, tool, fingerprint, constraints, rule,
                           approvals, created_at)
       VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kEnd = R"sql(
  UPDATE suggestions
     SET status = $3, rule = COALESCE($4, rule), ended_at = $5
   WHERE tenant = $1 AND id = $2 AND status = 'pending')sql";

SuggestionStatus ending_named_by(std::string_view type) {
  if (type == "rule.suggestion_confirmed") return SuggestionStatus::confirmed;
  if (type == "rule.suggestion_dismissed") return SuggestionStatus::dismissed;
  return SuggestionStatus::superseded;
}

std::string ids_of(FactFields& fields) {
  for (const Json& item : fields.array("approvals").items()) {
    if (!item.is_string() || !ApprovalId::parse(item.string())) fields.spoil("approvals");
  }
  return canonical_json(fields.array("approvals"));
}

}  // namespace

Result<void> count_like(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto fingerprint = fields.optional_content_hash("fingerprint");
  const auto approval = fields.id<ApprovalId>("approvalId");
  TRY(fields.finish());
  if (!fingerprint) return {};
  TRY(connection.run(kLike, {fact.tenant, *fingerprint, approval.text()}));
  return {};
}

Result<void> forget_likes(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto fingerprint = fields.optional_content_hash("fingerprint");
  TRY(fields.finish());
  if (fingerprint) TRY(connection.run(kForget, {fact.tenant, *fingerprint}));
  return {};
}

Result<void> project_rule_suggested(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<SuggestionId>("suggestionId");
  const auto kind = fields.as_word<SuggestionKind>("kind");
  const auto tool = fields.text("tool");
  const auto fingerprint = fields.optional_content_hash("fingerprint");
  const auto rule = fields.optional_id<RuleId>("ruleId");
  auto constraints = constraints_from_json(fields.any("constraints"), "constraints");
  if (!constraints) fields.spoil("constraints");
  const bool is_promotion = kind == SuggestionKind::promotion;
  if (fingerprint.has_value() != is_promotion) fields.spoil("fingerprint");
  if (rule.has_value() == is_promotion) fields.spoil("ruleId");
  const std::string approvals = ids_of(fields);
  TRY(fields.finish());

  if (fingerprint) TRY(connection.run(kForget, {fact.tenant, *fingerprint}));
  const std::string text = canonical_json(to_json(*constraints));
  return require_one(
      fact, TRY(connection.run(
                kInsert, {fact.tenant, bytes_of(id), word(kind), tool, fingerprint.value_or(""),
                          text, nullable_bytes(rule), approvals, to_microseconds(fact.time)})));
}

Result<void> project_suggestion_ended(Connection& connection, const Fact& fact) {
  FactFields fields(fact);
  const auto id = fields.id<SuggestionId>("suggestionId");
  const auto rule = fields.optional_id<RuleId>("ruleId");
  TRY(fields.finish());
  return require_one(
      fact, TRY(connection.run(kEnd, {fact.tenant, bytes_of(id), word(ending_named_by(fact.type)),
                                      nullable_bytes(rule), to_microseconds(fact.time)})));
}

}  // namespace assent::store
