// From canonical bytes back to an event. Strict: one byte away from what prepare() and
// entry_bytes() write is corruption.
#include "base/canonical.h"
#include "domain/event.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace assent {
namespace {

// Deeper than any request is read (64), because an event wraps what a request brought.
constexpr std::size_t kEventDepthMax = 80;
constexpr std::size_t kSequenceDigits = 20;
constexpr std::size_t kTraceDigits = 32;

// In canonical order.
constexpr std::array<std::string_view, 12> kRequiredAttributes = {
    "correlationid", "data",    "dataschema", "id",   "sequence", "source",
    "specversion",   "subject", "tenantid",   "time", "traceid",  "type"};

Error corrupt(std::string why) {
  return {.code = Code::corrupt, .detail = "The entry is not an event: " + std::move(why) + "."};
}

bool is_required(std::string_view name) {
  return std::find(kRequiredAttributes.begin(), kRequiredAttributes.end(), name) !=
         kRequiredAttributes.end();
}

// A decimal number, whole; nothing if it is none or beyond 64 bits.
std::optional<std::uint64_t> number_from(std::string_view digits) {
  std::uint64_t number = 0;
  const auto end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool is_trace_id(std::string_view text) {
  return text.size() == kTraceDigits && std::all_of(text.begin(), text.end(), is_hex_digit);
}

// `2026-01-19T22:26:59.790000Z`, of a text that is a time.
bool is_log_notation(std::string_view time) {
  return time.size() == 27 && time[10] == 'T' && time[19] == '.' && time[26] == 'Z';
}

// `assent:<type>:<version>`.
std::optional<std::int64_t> schema_version_of(std::string_view schema, std::string_view type) {
  constexpr std::string_view kPrefix = "assent:";
  if (!schema.starts_with(kPrefix)) return std::nullopt;
  schema.remove_prefix(kPrefix.size());
  if (!schema.starts_with(type) || !schema.substr(type.size()).starts_with(':')) {
    return std::nullopt;
  }
  const std::string_view digits = schema.substr(type.size() + 1);
  const auto version = number_from(digits);
  if (!version || digits.starts_with('0') || *version > 1'000'000) return std::nullopt;
  return static_cast<std::int64_t>(*version);
}

// That all attributes, and no others, are there, each of its JSON type.
Result<void> check_attributes(const Json& envelope) {
  if (!envelope.is_object()) return corrupt("it is no JSON object");
  for (const auto name : kRequiredAttributes) {
    const Json* const value = envelope.find(name);
    if (value == nullptr) return corrupt(std::string(name) + " is missing");
    if (name == "data" ? !value->is_object() : !value->is_string()) {
      return corrupt(std::string(name) + " is of the wrong JSON type");
    }
  }
  for (const auto& [name, value] : envelope.members()) {
    if (is_required(name)) continue;
    if (name != "causationid") return corrupt("it has an attribute that is none of an event's");
    if (!value.is_string()) return corrupt("causationid is of the wrong JSON type");
  }
  return {};
}

bool has_actor(const Json& data) {
  const Json* const actor = data.find("actor");
  if (actor == nullptr) return false;
  const auto type = actor->string_at("type");
  return type && from_word<ActorType>(*type) && actor->string_at("id");
}

// The identifiers and the place in the log.
Result<void> read_place(const Json& envelope, StoredEvent& event) {
  const auto id = EventId::parse(*envelope.string_at("id"));
  if (!id) return corrupt("id is not an event's");
  event.id = *id;
  if (const auto text = envelope.string_at("causationid")) {
    event.causation = EventId::parse(*text);
    if (!event.causation) return corrupt("causationid is not an event's");
  }
  const std::string_view digits = *envelope.string_at("sequence");
  const auto sequence = number_from(digits);
  if (!sequence || digits.size() != kSequenceDigits) return corrupt("sequence is not 20 digits");
  event.sequence = *sequence;

  const std::string_view time = *envelope.string_at("time");
  const auto at = from_rfc3339(time);
  if (!at || to_rfc3339(*at) != time) return corrupt("time is not of the log's notation");
  event.time = *at;
  return {};
}

Result<void> read_attributes(const Json& envelope, StoredEvent& event) {
  if (*envelope.string_at("specversion") != "1.0") return corrupt("specversion is not 1.0");
  event.type = *envelope.string_at("type");
  if (!is_event_type(event.type)) return corrupt("type is not an event type");
  const auto version = schema_version_of(*envelope.string_at("dataschema"), event.type);
  if (!version) return corrupt("dataschema does not fit the type");
  event.schema_version = *version;
  event.subject = *envelope.string_at("subject");
  if (event.subject.empty()) return corrupt("subject is empty");
  event.tenant = *envelope.string_at("tenantid");
  if (!is_tenant_name(event.tenant)) return corrupt("tenantid is not a tenant's");
  event.source = *envelope.string_at("source");
  if (event.source.empty()) return corrupt("source is empty");
  event.trace_id = *envelope.string_at("traceid");
  if (!is_trace_id(event.trace_id)) return corrupt("traceid is not 32 hexadecimal digits");
  event.correlation_id = *envelope.string_at("correlationid");
  if (event.correlation_id.empty()) return corrupt("correlationid is empty");
  return {};
}

}  // namespace

Result<StoredEvent> stored_event_from(std::string_view bytes) {
  if (bytes.size() > kEntryBytesMax) return corrupt("it is longer than an entry can be");
  auto parsed = parse_json(bytes, {.depth = kEventDepthMax});
  if (!parsed) return corrupt("it is not strict JSON");
  Json& envelope = *parsed;
  TRY(check_attributes(envelope));
  if (canonical_json(envelope) != bytes) return corrupt("it is not in canonical form");

  StoredEvent event;
  TRY(read_place(envelope, event));
  TRY(read_attributes(envelope, event));
  if (!has_actor(*envelope.find("data"))) return corrupt("data has no actor");
  for (auto& [name, value] : envelope.members()) {
    if (name == "data") event.data = std::move(value);
  }
  return event;
}

std::optional<std::string_view> EventScan::text_at(Attribute attribute) const {
  return plain_string(required_[static_cast<std::size_t>(attribute)].value);
}

// Whether the members are the required ones, and a cause at most, which comes first then: in
// canonical form there is one order.
bool EventScan::find_required() {
  std::span<const RawMember> members(members_);
  has_cause_ = !members.empty() && members.front().name == "causationid";
  required_ = members.subspan(has_cause_ ? 1 : 0);
  return std::ranges::equal(required_, kRequiredAttributes, {}, &RawMember::name);
}

// The same checks as above, on what the scan found; whatever fails one is left to them.
std::optional<EventView> EventScan::read(std::string_view bytes) {
  if (bytes.size() > kEntryBytesMax) return std::nullopt;
  if (!scan_canonical_object(bytes, members_, {.depth = kEventDepthMax})) return std::nullopt;
  if (!find_required()) return std::nullopt;
  EventView event;
  const auto id = EventId::parse(text_at(Attribute::id).value_or(""));
  const std::string_view digits = text_at(Attribute::sequence).value_or("");
  const auto sequence = number_from(digits);
  const std::string_view time = text_at(Attribute::time).value_or("");
  const auto at = from_rfc3339(time);
  if (!id || !sequence || digits.size() != kSequenceDigits || !at || !is_log_notation(time)) {
    return std::nullopt;
  }
  event.id = *id;
  event.sequence = *sequence;
  event.time = *at;
  if (has_cause_) {
    event.causation = EventId::parse(plain_string(members_.front().value).value_or(""));
    if (!event.causation) return std::nullopt;
  }

  event.type = text_at(Attribute::type).value_or("");
  event.subject = text_at(Attribute::subject).value_or("");
  event.tenant = text_at(Attribute::tenantid).value_or("");
  event.source = text_at(Attribute::source).value_or("");
  event.trace_id = text_at(Attribute::traceid).value_or("");
  event.correlation_id = text_at(Attribute::correlationid).value_or("");
  const bool is_plain =
      text_at(Attribute::specversion) == "1.0" && is_event_type(event.type) &&
      schema_version_of(text_at(Attribute::dataschema).value_or(""), event.type) &&
      !event.subject.empty() && is_tenant_name(event.tenant) && !event.source.empty() &&
      is_trace_id(event.trace_id) && !event.correlation_id.empty();
  if (!is_plain) return std::nullopt;
  event.data = required_[static_cast<std::size_t>(Attribute::data)].value;
  const auto actor = raw_member(event.data, "actor");
  const auto type = actor ? raw_member(*actor, "type") : std::nullopt;
  const auto name = actor ? raw_member(*actor, "id") : std::nullopt;
  if (!type || !from_word<ActorType>(plain_string(*type).value_or("")) || !name ||
      !name->starts_with('"')) {
    return std::nullopt;
  }
  return event;
}

std::string trace_uuid(const TraceId& trace) {
  CHECK(trace.size() == kTraceDigits);
  std::string text = trace;
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

std::optional<TraceId> trace_from_text(std::string_view text) {
  TraceId trace(text);
  if (text.size() == kTraceDigits + 4) {
    for (const std::size_t at : {23U, 18U, 13U, 8U}) {
      if (trace[at] != '-') return std::nullopt;
      trace.erase(at, 1);
    }
  }
  for (char& c : trace) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!is_trace_id(trace)) return std::nullopt;
  return trace;
}

}  // namespace assent
