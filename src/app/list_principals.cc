#include "app/list_principals.h"

#include "app/cursor.h"
#include "store/state/principals.h"

namespace assent::app {

namespace {

constexpr std::int64_t kPageDefault = 100;

}  // namespace

Result<PrincipalList> list_principals(const store::Read& read, const ListPrincipals& in) {
  const Json filter = Json::object({{"list", "principals"}});
  std::optional<PrincipalId> after;
  if (in.cursor) {
    const Json place = TRY(open_cursor(*in.cursor, read.tenant().number, filter));
    after = PrincipalId::parse(place.string_at("after").value_or(""));
  }
  const std::int64_t limit = in.limit.value_or(kPageDefault);
  auto found = TRY(store::list_principals(read, after, limit + 1));
  PrincipalList out;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    out.next_cursor = make_cursor(read.tenant().number, filter,
                                  Json::object({{"after", found.back().id.text()}}));
  }
  for (const Principal& principal : found) out.principals.push_back(view_of(principal));
  return out;
}

Json to_data(const PrincipalList& out) {
  Json list = Json::array();
  for (const PrincipalView& view : out.principals) list.push(encode(view));
  return list;
}

void describe(Fields& fields, ListPrincipals& in) {
  fields.query("limit", in.limit, "principals a page", {.min = 1, .max = 1000});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, PrincipalList& out) {
  fields.field("principals", out.principals, "in order of creation");
}

}  // namespace assent::app
