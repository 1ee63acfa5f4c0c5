#include "emitter/cpp/event.h"

#include "base/canonical.h"
#include "base/id.h"
#include "base/text.h"
#include "emitter/cpp/proof.h"
#include "emitter/cpp/trace.h"
#include "emitter/cpp/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::string_view kActorTypes[] = {"human", "agent", "service", "system", "webhook"};
constexpr std::string_view kOutcomes[] = {"success", "failure", "partial", "pending"};
// The families of types that say what the server itself decided.
constexpr std::string_view kReservedFamilies[] = {
    "approval",   "breakglass", "escalation",   "evidence", "execution", "grant", "ir",      "key",
    "killswitch", "ledger",     "notification", "policy",   "principal", "rule",  "security"};

constexpr std::size_t kIdBytesMax = 255;
constexpr std::size_t kTypeBytesMax = 100;
// Most events are shorter.
constexpr std::size_t kUsualBytes = 768;

bool is_word_start(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_word_part(char c) {
  return is_word_start(c) || (c >= '0' && c <= '9') || c == '_';
}

// Two or more words with dots between.
bool is_dotted(std::string_view text) {
  std::size_t words = 0;
  std::size_t at = 0;
  do {
    if (at == text.size() || !is_word_start(text[at])) return false;
    while (at < text.size() && is_word_part(text[at])) ++at;
    ++words;
  } while (at < text.size() && text[at++] == '.');
  return at == text.size() && words >= 2 && text.back() != '.';
}

std::optional<Error> fault_of_type(std::string_view type) {
  if (auto fault = fault_of_text("actionType", type, kTypeBytesMax)) return fault;
  if (!is_dotted(type)) {
    return invalid("actionType", "must be dotted lower-case words such as content.publish");
  }
  if (std::ranges::find(kReservedFamilies, type.substr(0, type.find('.'))) !=
      std::end(kReservedFamilies)) {
    return invalid("actionType", "is of a family that only the server writes");
  }
  return std::nullopt;
}

std::optional<Error> fault_of_required(const Event& event) {
  const std::pair<std::string_view, const std::string*> required[] = {
      {"clientId", &event.client_id},     {"actionType", &event.action_type},
      {"actorType", &event.actor_type},   {"actorId", &event.actor_id},
      {"targetType", &event.target_type}, {"targetId", &event.target_id},
      {"outcome", &event.outcome}};
  for (const auto& [name, text] : required) {
    if (text->empty()) return invalid(std::string(name), "is required");
  }
  return std::nullopt;
}

bool is_event_id(std::string_view text) {
  if (EventId::parse(text)) return true;
  const auto uuid = uuid_from_text(text);
  return uuid && is_uuid7(*uuid);
}

// Who and on what, as it is sent: without secrets.
struct Parties {
  std::string_view actor_type;
  std::string actor_id;
  std::string target_type;
  std::string target_id;
};

Parties parties_of(const Event& event, const Redactor& redactor) {
  return {.actor_type = event.actor_type == "user" ? "human" : std::string_view(event.actor_type),
          .actor_id = without_secrets(event.actor_id, redactor),
          .target_type = without_secrets(event.target_type, redactor),
          .target_id = without_secrets(event.target_id, redactor)};
}

// Everything up to the cause: who, what, on what, how it ended.
std::optional<Error> fault_of_facts(const Event& event, const Parties& parties) {
  if (auto fault = fault_of_type(event.action_type)) return fault;
  if (std::ranges::find(kActorTypes, parties.actor_type) == std::end(kActorTypes)) {
    return invalid("actorType", "must be one of human, agent, service, system, webhook, user");
  }
  if (auto fault = fault_of_text("actorId", parties.actor_id, kIdBytesMax)) return fault;
  if (auto fault = fault_of_text("targetType", parties.target_type, kTypeBytesMax)) return fault;
  if (auto fault = fault_of_text("targetId", parties.target_id, kIdBytesMax)) return fault;
  if (std::ranges::find(kOutcomes, event.outcome) == std::end(kOutcomes)) {
    return invalid("outcome", "must be one of success, failure, partial, pending");
  }
  if (event.causation_id && !is_event_id(*event.causation_id)) {
    return invalid("causationId", "must be evt_ and 26 characters, or a UUID of version 7");
  }
  return std::nullopt;
}

// What the program says to which workflow it belongs. A trace has no secret in it, and the digits
// of a span are no card's.
Result<std::optional<std::string>> correlation_of(const Event& event, const Redactor& redactor) {
  if (!event.correlation_id || trace_from(*event.correlation_id)) return event.correlation_id;
  std::string id = without_secrets(*event.correlation_id, redactor);
  if (auto fault = fault_of_text("correlationId", id, kIdBytesMax)) return std::move(*fault);
  return std::optional(std::move(id));
}

// The metadata without its secrets; empty if there is none to be sent.
Result<Json> clean_metadata(const std::optional<Value>& metadata, const Redactor& redactor) {
  if (!metadata) return Json::object();
  if (!metadata->is_object()) return invalid("metadata", "must be an object");
  Json json = TRY(to_json(*metadata, "metadata"));
  redactor.redact(json);
  return checked(std::move(json), "metadata", 1);
}

void append_pair(std::string& out, std::string_view id, std::string_view type) {
  out.append(R"({"id":)");
  append_json_string(out, id);
  out.append(R"(,"type":)");
  append_json_string(out, type);
  out.push_back('}');
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, text);
}

// REQUIRES: nothing in `text` has to be escaped.
void append_plain(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":\"").append(text).push_back('"');
}

// What a console may show of an event: nothing that it carries.
std::string log_line(const Event& event, const Parties& parties) {
  std::string line = R"({"actionType":)";
  append_json_string(line, event.action_type);
  line += R"(,"auditEvent":true)";
  append_member(line, "clientId", event.client_id);
  std::string message = "Audit: " + event.action_type + " on " + parties.target_type + "/";
  message += parties.target_id;
  append_member(line, "message", message);
  append_member(line, "outcome", event.outcome);
  append_member(line, "targetId", parties.target_id);
  append_member(line, "targetType", parties.target_type);
  line.push_back('}');
  return line;
}

}  // namespace

Result<Prepared> prepare(const Event& event, const Making& making, Timestamp now,
                         const std::optional<Trace>& active) {
  if (auto fault = fault_of_required(event)) return std::move(*fault);
  if (!making.keys.contains(event.client_id)) {
    return invalid("clientId", "has no key in this emitter");
  }
  const Parties parties = parties_of(event, making.redactor);
  if (auto fault = fault_of_facts(event, parties)) return std::move(*fault);
  ProofText proof;
  if (event.proof) proof = TRY(proof_text(*event.proof, making.redactor));
  const Json metadata = TRY(clean_metadata(event.metadata, making.redactor));
  // Before the first random byte is taken, nothing more can be wrong but this.
  const auto given = TRY(correlation_of(event, making.redactor));

  Prepared made{.id = EventId::make(now, making.random).text(), .tenant = event.client_id};
  Correlation correlation = correlate(given, active, making);
  made.traceparent = std::move(correlation.traceparent);
  made.blob = std::move(proof.blob);

  std::string& json = made.json;
  json.reserve(kUsualBytes + proof.json.size());
  json += R"({"actor":)";
  append_pair(json, parties.actor_id, parties.actor_type);
  if (event.causation_id) append_plain(json, "causationId", *event.causation_id);
  append_member(json, "correlationId", correlation.id);
  append_plain(json, "id", made.id);
  if (!metadata.members().empty()) append_canonical(json.append(R"(,"metadata":)"), metadata);
  append_plain(json, "occurredAt", to_rfc3339(now));
  append_plain(json, "outcome", event.outcome);
  made.producer_at = json.size();
  if (!proof.json.empty()) json.append(R"(,"proof":)").append(proof.json);
  json += R"(,"target":)";
  append_pair(json, parties.target_id, parties.target_type);
  append_plain(json, "tenantId", event.client_id);
  append_plain(json, "type", event.action_type);
  json.push_back('}');
  if (making.has_log_line) made.log_line = log_line(event, parties);
  return made;
}

std::optional<Error> write_bytes(std::string& out, const Prepared& prepared,
                                 std::optional<Numbered> number) {
  const std::string_view json = prepared.json;
  out.assign(json.substr(0, prepared.producer_at));
  if (number) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), number->sequence).ptr;
    out.append(R"(,"producer":{"id":")").append(number->producer).append(R"(","sequence":)");
    out.append(digits.data(), end).push_back('}');
  }
  out += json.substr(prepared.producer_at);
  if (out.size() <= kEventBytesMax) return std::nullopt;
  return invalid("event", "is longer than " + std::to_string(kEventBytesMax) + " bytes");
}

}  // namespace assent::emitter
