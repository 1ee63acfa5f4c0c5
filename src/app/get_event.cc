#include "app/get_event.h"

#include "app/event_row.h"
#include "base/text.h"
#include "store/log.h"
#include "store/search/search.h"

namespace assent::app {

Result<std::uint64_t> sequence_of(const store::Read& read, std::string_view event) {
  if (const auto sequence = from_decimal(event)) return *sequence;
  auto id = EventId::parse(event);
  if (!id) {
    if (const auto uuid = uuid_from_text(event)) id = EventId(*uuid);
  }
  if (id) {
    return read.search().sequence_of(read.connection(), read.tenant().number, *id, read.size());
  }
  return Error{Code::validation_error,
               "id is neither an event id nor a sequence",
               {{"id", "must be an event id or a sequence"}}};
}

Result<OneEvent> get_event(const store::Read& read, const GetEvent& in) {
  const std::string event = TRY(store::event_at(read, TRY(sequence_of(read, in.event))));
  auto row = TRY(row_of(in.dialect.value_or(Dialect::canonical), event));
  if (!row) return Error{Code::not_found, "the dialect has no row for this event"};
  return OneEvent{std::move(*row)};
}

std::string to_data_text(const OneEvent& out) {
  return out.bytes;
}

void describe(Fields& fields, GetEvent& in) {
  fields.path("id", in.event, "the event's id, or its sequence");
  describe_dialect(fields, in.dialect);
}

void describe(Fields& fields, OneEvent& out) {
  fields.field("event", out.bytes, "the event, canonical or as the dialect's row");
}

}  // namespace assent::app
