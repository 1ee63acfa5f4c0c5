#include "app/suggestions.h"

#include "domain/sensitivity.h"
#include "store/state/rules.h"
#include "store/state/suggestions.h"

#include <algorithm>

namespace assent::app {

namespace {

// Whether some rule in use matches the calls already.
Result<bool> is_ruled(const store::Read& read, const Suggestion& suggestion) {
  Json pinned = Json::object();
  for (const ArgumentCondition& condition : suggestion.constraints) {
    if (condition.type == ConditionType::exact) pinned.set(condition.argument, condition.value);
  }
  const auto candidates = TRY(store::candidate_rules(read, suggestion.tool, pinned));
  return std::ranges::any_of(candidates, [&](const Rule& rule) {
    return status_of(rule, read.now()) == RuleStatus::active && covers(rule, suggestion);
  });
}

Result<void> record_suggestion(store::Write& write, const Suggestion& suggestion) {
  Json approvals = Json::array();
  for (const ApprovalId& id : suggestion.approvals) approvals.push(id.text());
  Json data = Json::object({{"suggestionId", suggestion.id.text()},
                            {"kind", word(suggestion.kind)},
                            {"tool", suggestion.tool},
                            {"constraints", to_json(suggestion.constraints)},
                            {"approvals", std::move(approvals)}});
  if (!suggestion.fingerprint.empty()) data.set("fingerprint", suggestion.fingerprint);
  if (suggestion.rule) data.set("ruleId", suggestion.rule->text());
  TRY(write.record_as(engine_actor(), {.type = "rule.suggested",
                                       .subject = "suggestion/" + suggestion.id.text(),
                                       .data = std::move(data)}));
  return {};
}

}  // namespace

Result<std::optional<Alike>> alike(const store::Read& read, const Approval& approval) {
  const Json* const subject = approval.request.find("subject");
  const Json* const arguments = subject == nullptr ? nullptr : subject->find("arguments");
  if (!approval.tool || arguments == nullptr) return std::optional<Alike>();
  auto constraints = TRY(suggested_constraints(read, approval, *arguments));
  // Where nothing is sensitive, everything is: a tool's name alone makes no two calls alike.
  if (std::ranges::none_of(constraints, is_pinning)) constraints = literal_constraints(*arguments);
  if (constraints.empty()) return std::optional<Alike>();
  std::string fingerprint = fingerprint_of(*approval.tool, constraints);
  return std::optional(
      Alike{.fingerprint = std::move(fingerprint), .constraints = std::move(constraints)});
}

Result<void> suggest_promotion(store::Write& write, const Approval& approval, const Alike& alike) {
  auto likes = TRY(store::likes(write, alike.fingerprint));
  if (likes.count < kLikesWanted) return {};
  const auto earlier = TRY(store::latest_suggestion(write, alike.fingerprint));
  if (earlier && stands_in_the_way(*earlier, write.now())) return {};
  const Suggestion suggestion{.id = write.make_id<SuggestionId>(),
                              .kind = SuggestionKind::promotion,
                              .tool = *approval.tool,
                              .fingerprint = alike.fingerprint,
                              .constraints = alike.constraints,
                              .rule = std::nullopt,
                              .approvals = std::move(likes.approvals),
                              .created_at = write.now(),
                              .ended_at = std::nullopt};
  if (TRY(is_ruled(write, suggestion))) return {};
  return record_suggestion(write, suggestion);
}

Result<void> suggest_demotion(store::Write& write, const Approval& approval) {
  if (!approval.rule) return {};
  const auto found = store::rule(write, *approval.rule);
  if (!found && found.error().code == Code::not_found) return {};  // Over, and forgotten since.
  const Rule rule = TRY(found);
  if (status_of(rule, write.now()) != RuleStatus::active) return {};
  const auto earlier = TRY(store::latest_demotion(write, rule.id));
  if (earlier && stands_in_the_way(*earlier, write.now())) return {};
  return record_suggestion(write, {.id = write.make_id<SuggestionId>(),
                                   .kind = SuggestionKind::demotion,
                                   .tool = rule.tool,
                                   .fingerprint = {},
                                   .constraints = rule.constraints,
                                   .rule = rule.id,
                                   .approvals = {approval.id},
                                   .created_at = write.now(),
                                   .ended_at = std::nullopt});
}

Result<void> record_end(store::Write& write, const Suggestion& suggestion, SuggestionStatus status,
                        Json more) {
  more.set("suggestionId", suggestion.id.text());
  TRY(write.record({.type = "rule.suggestion_" + std::string(word(status)),
                    .subject = "suggestion/" + suggestion.id.text(),
                    .data = std::move(more)}));
  return {};
}

Result<void> supersede_demotion(store::Write& write, const RuleId& rule) {
  const auto latest = TRY(store::latest_demotion(write, rule));
  if (!latest || latest->status != SuggestionStatus::pending) return {};
  return record_end(write, *latest, SuggestionStatus::superseded,
                    Json::object({{"ruleId", rule.text()}}));
}

Result<void> supersede_covered(store::Write& write, const Rule& rule,
                               const std::optional<SuggestionId>& but) {
  for (const Suggestion& each : TRY(store::pending_promotions(write, rule.tool))) {
    if (each.id == but || !covers(rule, each)) continue;
    TRY(record_end(write, each, SuggestionStatus::superseded,
                   Json::object({{"ruleId", rule.id.text()}})));
  }
  return {};
}

SuggestionView view_of(const Suggestion& suggestion) {
  std::vector<ArgumentCondition> shown = suggestion.constraints;
  for (ArgumentCondition& condition : shown) {
    condition.value = redacted(condition.argument, condition.value);
  }
  return {.id = suggestion.id,
          .kind = suggestion.kind,
          .status = suggestion.status,
          .tool = suggestion.tool,
          .constraints = {to_json(shown)},
          .rule_id = suggestion.rule,
          .approvals = suggestion.approvals,
          .created_at = suggestion.created_at,
          .ended_at = suggestion.ended_at};
}

void describe(Fields& fields, SuggestionView& view) {
  fields.field("id", view.id, "the suggestion");
  fields.field("kind", view.kind, "promotion: make a rule; demotion: end one");
  fields.field("status", view.status, "pending, confirmed, dismissed or superseded");
  fields.field("tool", view.tool, "the tool");
  fields.field("constraints", view.constraints, "of the rule; the values of secrets are not shown");
  fields.field("ruleId", view.rule_id, "the rule to end, or that came of it");
  fields.field("approvals", view.approvals, "what led to it");
  fields.field("createdAt", view.created_at, "the commit's time");
  fields.field("endedAt", view.ended_at, "the commit's time");
}

}  // namespace assent::app
