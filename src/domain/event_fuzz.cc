// Bytes that pass for an event are exactly what writing that event again gives.
#include "base/canonical.h"
#include "domain/event.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  assent::is_governed_type(bytes);
  if (const auto trace = assent::trace_from_text(bytes)) {
    CHECK(assent::trace_from_text(assent::trace_uuid(*trace)) == trace);
  }
  const auto stored = assent::stored_event_from(bytes);
  assent::EventScan scan;
  if (const auto view = scan.read(bytes)) {
    CHECK(stored.has_value() && view->id == stored->id && view->sequence == stored->sequence);
    CHECK(view->time == stored->time && view->type == stored->type);
    CHECK(view->subject == stored->subject && view->tenant == stored->tenant);
    CHECK(view->source == stored->source && view->trace_id == stored->trace_id);
    CHECK(view->causation == stored->causation);
    CHECK(view->correlation_id == stored->correlation_id);
    CHECK(view->data == assent::canonical_json(stored->data));
  }
  if (!stored) {
    CHECK(stored.error().code == assent::Code::corrupt);
    return 0;
  }
  CHECK(assent::is_event_type(stored->type));

  assent::Event event;
  event.type = stored->type;
  event.subject = stored->subject;
  event.data = stored->data;
  event.correlation_id = stored->correlation_id;
  event.causation = stored->causation;
  event.schema_version = stored->schema_version;
  const assent::Tenant tenant{.number = {}, .name = stored->tenant, .origin = stored->source};
  const auto prepared =
      assent::prepare(event, assent::engine_actor(), tenant, stored->trace_id, stored->id);
  const auto again = assent::entry_bytes(prepared, stored->sequence, stored->time);
  CHECK(again.has_value() && *again == bytes);
  return 0;
}
