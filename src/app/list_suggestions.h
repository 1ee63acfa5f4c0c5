// What the engine suggests, newest first.
#pragma once

#include "app/operation.h"
#include "app/suggestions.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct ListSuggestions {
  std::optional<SuggestionStatus> status;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
void describe(Fields& fields, ListSuggestions& in);

struct SuggestionList {
  std::vector<SuggestionView> suggestions;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, SuggestionList& out);
Json to_data(const SuggestionList& out);
Result<SuggestionList> list_suggestions(const store::Read& read, const ListSuggestions& in);

}  // namespace assent::app
