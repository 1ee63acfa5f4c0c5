#include "app/approval_trail.h"

#include "app/event_row.h"
#include "store/search/search.h"
#include "store/state/approvals.h"

namespace assent::app {

namespace {

constexpr std::size_t kEventsPerLookup = 1000;

}  // namespace

Result<EventList> approval_trail(const store::Read& read, const GetTrail& in) {
  const auto known = store::approval(read, in.approval);
  if (!known && known.error().code != Code::not_found) return known.error();
  store::EventQuery query;
  query.approval_id = in.approval.text();
  query.end_sequence = read.size();
  query.limit = kEventsPerLookup;
  EventList out;
  bool has_events = false;
  for (;;) {
    auto page = TRY(read.search().find(read.connection(), read.tenant().number, query));
    for (auto& event : page.events) {
      auto row = TRY(row_of(in.dialect.value_or(Dialect::canonical), std::move(event.bytes)));
      if (row) out.events.push_back(std::move(*row));
    }
    has_events = has_events || !page.events.empty();
    // Absent and foreign are the same 404. What was forgotten in the state is in the log.
    if (!known && !has_events) return known.error();
    if (!page.next_sequence) return out;
    query.from_sequence = *page.next_sequence;
  }
}

void describe(Fields& fields, GetTrail& in) {
  fields.path("id", in.approval, "the approval");
  describe_dialect(fields, in.dialect);
}

}  // namespace assent::app
