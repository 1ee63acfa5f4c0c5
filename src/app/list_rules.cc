#include "app/list_rules.h"

#include "app/cursor.h"
#include "store/state/rules.h"

namespace assent::app {

namespace {

constexpr std::int64_t kPageDefault = 100;

}  // namespace

Result<RuleView> get_rule(const store::Read& read, const GetRule& in) {
  return view_of(TRY(store::rule(read, in.rule)), read.now());
}

Result<RuleList> list_rules(const store::Read& read, const ListRules& in) {
  const Json filter = filter_of(encode(in));
  store::RuleFilter wanted{.tool = in.tool, .status = in.status};
  if (in.cursor) {
    const Json place = TRY(open_cursor(*in.cursor, read.tenant().number, filter));
    wanted.before_id = RuleId::parse(place.string_at("before").value_or(""));
    if (!wanted.before_id) return error_at(Code::validation_error, "cursor", "is malformed");
  }
  const std::int64_t limit = in.limit.value_or(kPageDefault);
  wanted.limit = limit + 1;
  auto found = TRY(store::list_rules(read, wanted));
  RuleList out;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    out.next_cursor = make_cursor(read.tenant().number, filter,
                                  Json::object({{"before", found.back().id.text()}}));
  }
  for (const Rule& rule : found) out.rules.push_back(view_of(rule, read.now()));
  return out;
}

Json to_data(const RuleList& out) {
  Json list = Json::array();
  for (const RuleView& view : out.rules) list.push(encode(view));
  return list;
}

void describe(Fields& fields, GetRule& in) {
  fields.path("id", in.rule, "the rule");
}

void describe(Fields& fields, ListRules& in) {
  fields.query("tool", in.tool, "only of this tool", {.length_max = 256});
  fields.query("status", in.status, "only in this status");
  fields.query("limit", in.limit, "rules a page", {.min = 1, .max = 1000});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, RuleList& out) {
  fields.field("rules", out.rules, "newest first");
}

}  // namespace assent::app
