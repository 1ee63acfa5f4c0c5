// A person confirms a suggestion, which makes the rule or ends it, or dismisses it.
#pragma once

#include "app/operation.h"
#include "app/suggestions.h"

#include <optional>
#include <string>

namespace assent::app {

struct ConfirmSuggestion {
  SuggestionId suggestion;
  std::optional<std::int64_t> max_uses;
  std::optional<Timestamp> expires_at;
  std::optional<std::string> description;
};
void describe(Fields& fields, ConfirmSuggestion& in);

struct DismissSuggestion {
  SuggestionId suggestion;
  std::optional<std::string> reason;
};
void describe(Fields& fields, DismissSuggestion& in);

struct EndedSuggestion {
  SuggestionView suggestion;
  std::optional<Refused> refused;
};
Json to_data(const EndedSuggestion& out);
void describe(Fields& fields, EndedSuggestion& out);

Result<EndedSuggestion> confirm_suggestion(store::Write& write, const ConfirmSuggestion& in);
Result<EndedSuggestion> dismiss_suggestion(store::Write& write, const DismissSuggestion& in);

}  // namespace assent::app
