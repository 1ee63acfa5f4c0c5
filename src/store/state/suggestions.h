// Likes and suggestions, as the state tables have them. Everything here is of the reader's tenant;
// errors as in approvals.h.
#pragma once

#include "base/result.h"
#include "domain/suggestion.h"
#include "store/read.h"

#include <optional>
#include <string_view>
#include <vector>

namespace assent::store {

// How often people approved what has the fingerprint since somebody refused it, and the last five
// of those approvals.
struct Likes {
  std::int64_t count = 0;
  std::vector<ApprovalId> approvals;
};
Result<Likes> likes(const Read& read, std::string_view fingerprint);

Result<Suggestion> suggestion(const Read& read, const SuggestionId& id);
// The latest of the fingerprint, or the latest demotion of the rule.
Result<std::optional<Suggestion>> latest_suggestion(const Read& read, std::string_view fingerprint);
Result<std::optional<Suggestion>> latest_demotion(const Read& read, const RuleId& rule);

// The pending promotions of a tool.
Result<std::vector<Suggestion>> pending_promotions(const Read& read, std::string_view tool);

// Newest first, those before `before`, at most `limit`.
struct SuggestionFilter {
  std::optional<SuggestionStatus> status = std::nullopt;
  std::optional<SuggestionId> before_id = std::nullopt;
  std::int64_t limit = 100;
};
Result<std::vector<Suggestion>> list_suggestions(const Read& read, const SuggestionFilter& filter);

}  // namespace assent::store
