#include "app/list_obligations.h"

#include "app/cursor.h"
#include "store/state/obligations.h"

namespace assent::app {

namespace {

constexpr std::int64_t kPageDefault = 100;

ObligationView view_of(const store::Obligation& owed, Timestamp now) {
  return {.event = owed.id,
          .type = owed.type,
          .target = {.type = owed.target_type, .id = owed.target_id},
          .actor = {.type = std::string(word(owed.actor_type)), .id = owed.actor_id},
          .correlation_id = owed.correlation_id,
          .opened_at = owed.opened_at,
          .due_at = owed.due_at,
          .is_overdue = owed.due_at < now};
}

Result<void> go_on(store::ObligationFilter& wanted, const Json& place) {
  const auto at = from_rfc3339(place.string_at("dueAt").value_or(""));
  const auto id = EventId::parse(place.string_at("event").value_or(""));
  if (!at || !id) return error_at(Code::validation_error, "cursor", "is malformed");
  wanted.after_due_at = *at;
  wanted.after_id = *id;
  return {};
}

}  // namespace

Result<ObligationList> list_obligations(const store::Read& read, const ListObligations& in) {
  const Json filter = filter_of(encode(in));
  store::ObligationFilter wanted;
  if (in.is_overdue == true) wanted.due_before = read.now();
  if (in.is_overdue == false) wanted.due_from = read.now();
  if (in.cursor) TRY(go_on(wanted, TRY(open_cursor(*in.cursor, read.tenant().number, filter))));
  const std::int64_t limit = in.limit.value_or(kPageDefault);
  wanted.limit = limit + 1;
  auto found = TRY(store::open_obligations(read, wanted));
  ObligationList out;
  if (std::ssize(found) > limit) {
    found.pop_back();
    out.next_cursor = make_cursor(read.tenant().number, filter,
                                  Json::object({{"dueAt", to_rfc3339(found.back().due_at)},
                                                {"event", found.back().id.text()}}));
  }
  for (const auto& owed : found) out.obligations.push_back(view_of(owed, read.now()));
  return out;
}

Json to_data(const ObligationList& out) {
  Json list = Json::array();
  for (const ObligationView& view : out.obligations) list.push(encode(view));
  return list;
}

void describe(Fields& fields, ListObligations& in) {
  fields.query("overdue", in.is_overdue, "true: only those that are overdue; false: the others");
  fields.query("limit", in.limit, "obligations a page", {.min = 1, .max = 1000});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, Named& named) {
  fields.field("type", named.type, "of what kind");
  fields.field("id", named.id, "which one");
}

void describe(Fields& fields, ObligationView& view) {
  fields.field("event", view.event, "the pending event: what closes it names it as its cause");
  fields.field("type", view.type, "what was begun");
  fields.field("target", view.target, "to what");
  fields.field("actor", view.actor, "by whom");
  fields.field("correlationId", view.correlation_id, "the workflow");
  fields.field("openedAt", view.opened_at, "since when it is pending");
  fields.field("dueAt", view.due_at, "until when it is to be closed");
  fields.field("overdue", view.is_overdue, "whether that has passed");
}

void describe(Fields& fields, ObligationList& out) {
  fields.field("obligations", out.obligations, "the one that is due first first");
}

}  // namespace assent::app
