// When the engine suggests a rule, or to end one: in the commit that gives the reason.
#pragma once

#include "app/operation.h"
#include "app/suggest_rule.h"
#include "domain/suggestion.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

// What a decision on a tool call is counted by: the tool and its sensitive arguments, or all of
// them where none is sensitive. Nothing for content, for a call without arguments, and for
// arguments so large that they lie in a blob.
struct Alike {
  std::string fingerprint;
  std::vector<ArgumentCondition> constraints;  // Of the rule that would approve such calls.
};
Result<std::optional<Alike>> alike(const store::Read& read, const Approval& approval);

// Records `rule.suggested` if this was the last of five approvals, nothing stands in the way and no
// rule approves such calls already. REQUIRES: the approval's own event is recorded.
Result<void> suggest_promotion(store::Write& write, const Approval& approval, const Alike& alike);
// The same for the rule whose call failed, if it is still in use.
Result<void> suggest_demotion(store::Write& write, const Approval& approval);

// Ends the suggestions that the new rule makes superfluous, but for the one it came from.
Result<void> supersede_covered(store::Write& write, const Rule& rule,
                               const std::optional<SuggestionId>& but);

// Ends the suggestion to end the rule: somebody did.
Result<void> supersede_demotion(store::Write& write, const RuleId& rule);

Result<void> record_end(store::Write& write, const Suggestion& suggestion, SuggestionStatus status,
                        Json more = Json::object());

struct SuggestionView {
  SuggestionId id;
  SuggestionKind kind = SuggestionKind::promotion;
  SuggestionStatus status = SuggestionStatus::pending;
  std::string tool;
  JsonObject constraints;  // Values of secrets are not shown.
  std::optional<RuleId> rule_id;
  std::vector<ApprovalId> approvals;
  Timestamp created_at;
  std::optional<Timestamp> ended_at;
};
void describe(Fields& fields, SuggestionView& view);
SuggestionView view_of(const Suggestion& suggestion);

}  // namespace assent::app
