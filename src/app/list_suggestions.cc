#include "app/list_suggestions.h"

#include "app/cursor.h"
#include "store/state/suggestions.h"

namespace assent::app {

namespace {

constexpr std::int64_t kPageDefault = 100;

}  // namespace

Result<SuggestionList> list_suggestions(const store::Read& read, const ListSuggestions& in) {
  const Json filter = filter_of(encode(in));
  store::SuggestionFilter wanted{.status = in.status};
  if (in.cursor) {
    const Json place = TRY(open_cursor(*in.cursor, read.tenant().number, filter));
    wanted.before_id = SuggestionId::parse(place.string_at("before").value_or(""));
    if (!wanted.before_id) return error_at(Code::validation_error, "cursor", "is malformed");
  }
  const std::int64_t limit = in.limit.value_or(kPageDefault);
  wanted.limit = limit + 1;
  auto found = TRY(store::list_suggestions(read, wanted));
  SuggestionList out;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    out.next_cursor = make_cursor(read.tenant().number, filter,
                                  Json::object({{"before", found.back().id.text()}}));
  }
  for (const Suggestion& each : found) out.suggestions.push_back(view_of(each));
  return out;
}

Json to_data(const SuggestionList& out) {
  Json list = Json::array();
  for (const SuggestionView& view : out.suggestions) list.push(encode(view));
  return list;
}

void describe(Fields& fields, ListSuggestions& in) {
  fields.query("status", in.status, "only in this status");
  fields.query("limit", in.limit, "suggestions a page", {.min = 1, .max = 1000});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, SuggestionList& out) {
  fields.field("suggestions", out.suggestions, "newest first");
}

}  // namespace assent::app
