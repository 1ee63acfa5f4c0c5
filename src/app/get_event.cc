#include "app/get_event.h"

#include "app/event_row.h"
#include "store/log.h"
#include "store/search/search.h"

#include <charconv>

namespace assent::app {

namespace {

std::optional<std::uint64_t> sequence_from(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

Result<std::string> find_event(const store::Read& read, const GetEvent& in) {
  if (const auto sequence = sequence_from(in.event)) return store::event_at(read, *sequence);
  auto id = EventId::parse(in.event);
  if (!id) {
    if (const auto uuid = uuid_from_text(in.event)) id = EventId(*uuid);
  }
  if (!id) {
    return Error{Code::validation_error,
                 "id is neither an event id nor a sequence",
                 {{"id", "must be an event id or a sequence"}}};
  }
  const auto sequence =
      TRY(read.search().sequence_of(read.connection(), read.tenant().number, *id, read.size()));
  return store::event_at(read, sequence);
}

}  // namespace

Result<OneEvent> get_event(const store::Read& read, const GetEvent& in) {
  auto row = TRY(row_of(in.dialect.value_or(Dialect::canonical), TRY(find_event(read, in))));
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
