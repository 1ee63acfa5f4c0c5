// Events and the bytes they become: CloudEvents 1.0 structured JSON in RFC 8785 form (EVENTS.md).
// Those bytes are the leaf of the log. Pure.
#pragma once

#include "base/id.h"
#include "base/json.h"
#include "base/json_scan.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/principal.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// Entry size limit of C2SP tlog-tiles.
inline constexpr std::size_t kEntryBytesMax = 65535;

// A fact, before the log has given it a place.
struct Event {
  std::string type;            // `approval.requested`
  std::string subject;         // `approval/apr_…`
  Json data = Json::object();  // Without actor: `actor` is stamped in prepare().
  std::optional<std::string> correlation_id = std::nullopt;  // Default: the trace id.
  std::optional<EventId> causation = std::nullopt;
  std::optional<EventId> id = std::nullopt;  // An emitter's own; else the server makes one.
  std::int64_t schema_version = 1;
};

// Who an event's actor is.
struct Actor {
  ActorType type = ActorType::system;
  std::string id;
  std::optional<std::string> name = std::nullopt;
  std::optional<std::string> role = std::nullopt;  // The roles as of then, comma-separated.
  std::optional<std::string> auth = std::nullopt;  // `api_key`
};
Actor actor_of(const Caller& caller);
Actor engine_actor();  // {system, "assent"}
Json to_json(const Actor& actor);

// Everything of the canonical bytes but sequence and time, which the commit gives. Rendering is
// done before the writer's turn where it can be, because the writer is one thread.
struct PreparedEvent {
  EventId id;
  std::string type;
  std::string before_sequence;  // `{"causationid":…,"id":"evt_…","sequence":"`
  std::string before_time;      // `","source":…,"subject":…,"tenantid":…,"time":"`
  std::string after_time;       // `","traceid":…,"type":…}`
};

// An id of the server's making: a UUIDv7 whose last two bytes are a checksum of the others. Of an
// id that a client brings it is thereby known, without a look into the log, that no event has it
// that the server named; but for one in 65,536, of which the log is asked. No secret, and none is
// needed: who imitates the mark only makes his own requests slower.
EventId make_event_id(Timestamp at, Random& random);
bool is_marked(const EventId& id);

// The time that its first bytes claim, in whole milliseconds.
Timestamp claimed_time(const EventId& id);

// 32 lower-case hex digits of a W3C trace id.
using TraceId = std::string;
TraceId make_trace(Random& random);

// `actor` becomes data.actor unless data has one already (an emitter's). REQUIRES: data is an
// object.
PreparedEvent prepare(const Event& event, const Actor& actor, const Tenant& tenant,
                      const TraceId& trace, const EventId& id);

// The canonical bytes. Code::too_large over kEntryBytesMax.
Result<std::string> entry_bytes(const PreparedEvent& prepared, std::uint64_t sequence,
                                Timestamp time);

// An event read back from its bytes, envelope checked: every attribute present, well-formed and of
// this notation. Code::corrupt with the reason otherwise.
struct StoredEvent {
  EventId id;
  std::uint64_t sequence = 0;
  Timestamp time;
  std::string type;
  std::string subject;
  std::string tenant;
  std::string source;
  std::string trace_id;
  std::string correlation_id;
  std::optional<EventId> causation;
  Json data;
  std::int64_t schema_version = 1;  // Of `dataschema`.
};
Result<StoredEvent> stored_event_from(std::string_view bytes);

// The same as views into the bytes, for whoever reads millions of events.
struct EventView {
  EventId id;
  std::uint64_t sequence = 0;
  Timestamp time;
  std::string_view type;
  std::string_view subject;
  std::string_view tenant;
  std::string_view source;
  std::string_view trace_id;
  std::string_view correlation_id;
  std::optional<EventId> causation;
  std::string_view data;  // JSON.
};

// Reads events one after the other. One thread at a time.
class EventScan {
 public:
  // What stored_event_from() would say of the bytes, or nothing: then that is to be asked. Nothing
  // does not mean that they are no event, only that they are not of the plain kind (an attribute
  // has an escape, say).
  std::optional<EventView> read(std::string_view bytes);

 private:
  // In canonical order.
  enum class Attribute : std::size_t {
    correlationid,
    data,
    dataschema,
    id,
    sequence,
    source,
    specversion,
    subject,
    tenantid,
    time,
    traceid,
    type,
  };
  bool find_required();
  std::optional<std::string_view> text_at(Attribute attribute) const;

  std::vector<RawMember> members_;  // Reused.
  bool has_cause_ = false;
  std::span<const RawMember> required_;  // Of members_.
};

// The W3C trace id in UUID form, as responses carry it, and back from either form (nothing if
// neither).
std::string trace_uuid(const TraceId& trace);
std::optional<TraceId> trace_from_text(std::string_view text);

// Whether emitters may write this type: well-formed and at most 100 characters …
bool is_event_type(std::string_view type);
// … and not of a family that only the engine writes.
bool is_governed_type(std::string_view type);

// The hash of the blob that an emitted event's proof lies in; nothing if it names none. The other
// is a quick look at the JSON of `data`: false is certain, and true is not.
std::optional<std::string_view> proof_blob(const Json& data);
bool may_have_proof_blob(std::string_view data);

// A producer is a program that numbers the events that it emits, so that what never arrived shows.
inline constexpr std::size_t kProducerBytesMax = 100;
// The largest whole number that every reader of JSON keeps.
inline constexpr std::int64_t kProducerSequenceMax = 9007199254740991;
// Whether `name` may name one: 1 to 100 of `[A-Za-z0-9._-]`.
bool is_producer_name(std::string_view name);

}  // namespace assent
