// Whatever passes for an event has, in each dialect, no row or one that is JSON under one of the
// dialect's names; and the filter by that name means the event. The same of every type with any
// object as its data, which is more than the log would take.
#include "domain/dialect/dialect.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

using assent::Dialect;

namespace {

void check_row(Dialect dialect, std::string_view member, const assent::StoredEvent& event) {
  const auto row = assent::translate(dialect, event);
  if (!row) return;
  const auto back = assent::parse_json(assent::json_text(*row), {.depth = 90});
  CHECK(back.has_value() && *back == *row);
  const auto shown = assent::shown_by(dialect);
  const auto name = row->string_at(member);
  CHECK(shown && name);
  CHECK(std::binary_search(shown->names.begin(), shown->names.end(), *name));
  CHECK(std::binary_search(shown->types.begin(), shown->types.end(), event.type));
  CHECK(assent::is_meant_by(*name, event));
  const auto types = assent::canonical_types(*name);
  CHECK(std::binary_search(types.begin(), types.end(), event.type));
}

// This one has a row for every event, under its own type.
void check_every_event(const assent::StoredEvent& event) {
  const auto row = assent::translate(Dialect::rtv, event);
  CHECK(row && row->string_at("actionType") == event.type);
  const auto back = assent::parse_json(assent::json_text(*row), {.depth = 90});
  CHECK(back.has_value() && *back == *row);
}

void check_each_type(Dialect dialect, std::string_view member, const assent::Json& data) {
  assent::StoredEvent event;
  event.trace_id.assign(32, 'a');
  event.tenant = "acme";
  event.data = data;
  const auto shown = assent::shown_by(dialect);
  CHECK(shown.has_value());
  for (const auto& type : shown->types) {
    event.type = type;
    check_row(dialect, member, event);
    check_every_event(event);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  assent::canonical_types(bytes);
  if (const auto json = assent::parse_json(bytes); json && json->is_object()) {
    check_each_type(Dialect::butlers, "event_type", *json);
    check_each_type(Dialect::kernel, "eventName", *json);
    check_each_type(Dialect::charter, "type", *json);
  }
  const auto event = assent::stored_event_from(bytes);
  if (!event) return 0;
  CHECK(assent::is_meant_by(event->type, *event));
  CHECK(!assent::translate(Dialect::canonical, *event));
  check_row(Dialect::butlers, "event_type", *event);
  check_row(Dialect::kernel, "eventName", *event);
  check_row(Dialect::charter, "type", *event);
  check_every_event(*event);
  return 0;
}
