#include "app/end_suggestion.h"

#include "app/create_rule.h"
#include "app/revoke_rule.h"
#include "store/state/rules.h"
#include "store/state/suggestions.h"

#include <array>
#include <utility>

namespace assent::app {

namespace {

std::optional<Refused> refuse_unless_human(const Principal& by) {
  if (by.type == PrincipalType::human) return std::nullopt;
  return refused_as(Refusal::human_actor_required, Json::object({{"actorType", word(by.type)}}));
}

Result<Suggestion> pending(const store::Write& write, const SuggestionId& id) {
  Suggestion found = TRY(store::suggestion(write, id));
  if (found.status == SuggestionStatus::pending) return found;
  return Error{Code::invalid_state,
               "the suggestion is " + std::string(word(found.status)) + " already"};
}

Result<EndedSuggestion> ended(const store::Write& write, const SuggestionId& id) {
  return EndedSuggestion{.suggestion = view_of(TRY(store::suggestion(write, id))),
                         .refused = std::nullopt};
}

Result<void> forbid_bounds(const ConfirmSuggestion& in) {
  const std::array given = {std::pair("maxUses", in.max_uses.has_value()),
                            std::pair("expiresAt", in.expires_at.has_value()),
                            std::pair("description", in.description.has_value())};
  for (const auto& [field, is_given] : given) {
    if (is_given) return error_at(Code::validation_error, field, "is for a rule to be made");
  }
  return {};
}

// The rule that comes of a promotion, or that a demotion ends.
Result<RuleId> act(store::Write& write, const Suggestion& suggestion, const ConfirmSuggestion& in) {
  if (suggestion.kind == SuggestionKind::demotion) {
    TRY(forbid_bounds(in));
    TRY(end_rule(write, TRY(store::rule(write, *suggestion.rule)), "a suggestion was confirmed"));
    return *suggestion.rule;
  }
  const CreatedRule made = TRY(make_rule(write, {.tool = suggestion.tool,
                                                 .constraints = suggestion.constraints,
                                                 .max_uses = in.max_uses,
                                                 .expires_at = in.expires_at,
                                                 .description = in.description,
                                                 .created_from = std::nullopt,
                                                 .suggestion = suggestion.id}));
  return made.rule.id;
}

}  // namespace

Result<EndedSuggestion> confirm_suggestion(store::Write& write, const ConfirmSuggestion& in) {
  const Suggestion suggestion = TRY(pending(write, in.suggestion));
  if (auto refused = refuse_unless_human(write.caller().principal)) {
    return EndedSuggestion{.suggestion = {}, .refused = std::move(refused)};
  }
  const RuleId rule = TRY(act(write, suggestion, in));
  TRY(record_end(write, suggestion, SuggestionStatus::confirmed,
                 Json::object({{"ruleId", rule.text()}})));
  return ended(write, in.suggestion);
}

Result<EndedSuggestion> dismiss_suggestion(store::Write& write, const DismissSuggestion& in) {
  const Suggestion suggestion = TRY(pending(write, in.suggestion));
  if (auto refused = refuse_unless_human(write.caller().principal)) {
    return EndedSuggestion{.suggestion = {}, .refused = std::move(refused)};
  }
  Json data = Json::object();
  data.set_if("reason", in.reason);
  TRY(record_end(write, suggestion, SuggestionStatus::dismissed, std::move(data)));
  return ended(write, in.suggestion);
}

Json to_data(const EndedSuggestion& out) {
  return encode(out.suggestion);
}

void describe(Fields& fields, ConfirmSuggestion& in) {
  fields.path("id", in.suggestion, "the suggestion");
  describe_bounds(fields, in.max_uses, in.expires_at, in.description);
}

void describe(Fields& fields, DismissSuggestion& in) {
  fields.path("id", in.suggestion, "the suggestion");
  fields.field("reason", in.reason, "why not", {.length_max = 2000, .allows_newlines = true});
}

void describe(Fields& fields, EndedSuggestion& out) {
  describe(fields, out.suggestion);
}

}  // namespace assent::app
