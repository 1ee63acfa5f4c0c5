// From a fact to its canonical bytes. The way back is event_read.cc.
#include "domain/event.h"

#include "base/canonical.h"
#include "base/hash.h"

#include <algorithm>
#include <array>

namespace assent {
namespace {

constexpr std::size_t kSequenceDigits = 20;  // What the largest 64-bit number needs.
constexpr std::size_t kTypeBytesMax = 100;

// Written by the engine only (EVENTS.md), because others rely on what these say.
constexpr std::array<std::string_view, 15> kGovernedFamilies = {
    "approval",   "evidence",   "grant",        "execution", "rule",
    "escalation", "ir",         "notification", "policy",    "principal",
    "key",        "killswitch", "breakglass",   "ledger",    "security"};

// One `"name":"value"` of the envelope, with the comma before all but the first.
void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  if (!out.ends_with('{')) out.push_back(',');
  append_json_string(out, name);
  out.push_back(':');
  append_json_string(out, value);
}

std::string joined_roles(const std::vector<Role>& roles) {
  std::string joined;
  for (const Role role : roles) {
    if (!joined.empty()) joined.push_back(',');
    joined.append(word(role));
  }
  return joined;
}

ActorType actor_type_of(PrincipalType type) {
  switch (type) {
    case PrincipalType::human:
      return ActorType::human;
    case PrincipalType::agent:
      return ActorType::agent;
    case PrincipalType::service:
      return ActorType::service;
  }
  return ActorType::system;
}

std::string padded(std::uint64_t sequence) {
  const std::string digits = std::to_string(sequence);
  return std::string(kSequenceDigits - digits.size(), '0') + digits;
}

constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_type_segment(std::string_view segment) {
  if (segment.empty() || !is_lower(segment.front())) return false;
  return std::all_of(segment.begin(), segment.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

constexpr std::size_t kIdTimeBytes = 6;
constexpr std::size_t kIdMarkAt = 14;

// Two rounds of MurmurHash3's finaliser. It is in the ids of every log: a change would make ids of
// before look as if they were somebody else's.
std::array<std::uint8_t, 2> id_mark_of(const UuidBytes& bytes) {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < 8; ++i) high = high << 8 | bytes[i];
  for (std::size_t i = 8; i < kIdMarkAt; ++i) low = low << 8 | bytes[i];
  std::uint64_t mixed = high;
  for (const std::uint64_t word : {low, std::uint64_t{0}}) {
    mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCDU ^ word;
    mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53U;
    mixed ^= mixed >> 33;
  }
  return {static_cast<std::uint8_t>(mixed >> 8), static_cast<std::uint8_t>(mixed)};
}

}  // namespace

Actor actor_of(const Caller& caller) {
  const Principal& principal = caller.principal;
  Actor actor{.type = actor_type_of(principal.type), .id = principal.id.text()};
  if (!principal.name.empty()) actor.name = principal.name;
  if (!principal.roles.empty()) actor.role = joined_roles(principal.roles);
  if (caller.key) actor.auth = "api_key";
  return actor;
}

Actor engine_actor() {
  return {.type = ActorType::system, .id = "assent"};
}

Json to_json(const Actor& actor) {
  Json json = Json::object({{"type", word(actor.type)}, {"id", actor.id}});
  json.set_if("name", actor.name).set_if("role", actor.role).set_if("auth", actor.auth);
  return json;
}

// The members are written in the order of RFC 8785, by hand: that is what lets the commit fill in
// the two it decides, sequence and time, without rendering anything again.
PreparedEvent prepare(const Event& event, const Actor& actor, const Tenant& tenant,
                      const TraceId& trace, const EventId& id) {
  CHECK(event.data.is_object());
  const EventId own_id = event.id.value_or(id);

  std::string head = "{";
  if (event.causation) append_attribute(head, "causationid", event.causation->text());
  append_attribute(head, "correlationid", event.correlation_id.value_or(trace));
  head.append(",\"data\":");
  if (event.data.find("actor") != nullptr) {
    append_canonical(head, event.data);
  } else {
    Json data = event.data;
    append_canonical(head, data.set("actor", to_json(actor)));
  }
  append_attribute(head, "dataschema",
                   "assent:" + event.type + ":" + std::to_string(event.schema_version));
  append_attribute(head, "id", own_id.text());
  head.append(",\"sequence\":\"");

  std::string middle = "\"";
  append_attribute(middle, "source", tenant.origin);
  append_attribute(middle, "specversion", "1.0");
  append_attribute(middle, "subject", event.subject);
  append_attribute(middle, "tenantid", tenant.name);
  middle.append(",\"time\":\"");

  std::string tail = "\"";
  append_attribute(tail, "traceid", trace);
  append_attribute(tail, "type", event.type);
  tail.push_back('}');

  return {.id = own_id,
          .type = event.type,
          .before_sequence = std::move(head),
          .before_time = std::move(middle),
          .after_time = std::move(tail)};
}

Result<std::string> entry_bytes(const PreparedEvent& prepared, std::uint64_t sequence,
                                Timestamp time) {
  const std::string at = to_rfc3339(time);
  const std::size_t size = prepared.before_sequence.size() + kSequenceDigits +
                           prepared.before_time.size() + at.size() + prepared.after_time.size();
  if (size > kEntryBytesMax) {
    return Error{.code = Code::too_large,
                 .detail = "The event would take " + std::to_string(size) +
                           " bytes in the log; at most " + std::to_string(kEntryBytesMax) +
                           " are possible. Put what is large into a blob."};
  }
  std::string bytes;
  bytes.reserve(size);
  bytes.append(prepared.before_sequence).append(padded(sequence));
  bytes.append(prepared.before_time).append(at).append(prepared.after_time);
  return bytes;
}

EventId make_event_id(Timestamp at, Random& random) {
  UuidBytes bytes = make_uuid7(at, random);
  const auto mark = id_mark_of(bytes);
  bytes[kIdMarkAt] = mark[0];
  bytes[kIdMarkAt + 1] = mark[1];
  return EventId(bytes);
}

bool is_marked(const EventId& id) {
  const UuidBytes& bytes = id.bytes();
  return id_mark_of(bytes) == std::array{bytes[kIdMarkAt], bytes[kIdMarkAt + 1]};
}

Timestamp claimed_time(const EventId& id) {
  std::int64_t milliseconds = 0;
  for (std::size_t i = 0; i < kIdTimeBytes; ++i) milliseconds = milliseconds << 8 | id.bytes()[i];
  return from_microseconds(milliseconds * 1000);
}

bool is_event_type(std::string_view type) {
  if (type.size() > kTypeBytesMax || type.find('.') == std::string_view::npos) return false;
  for (;;) {
    const std::size_t dot = type.find('.');
    if (!is_type_segment(type.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    type.remove_prefix(dot + 1);
  }
}

bool is_governed_type(std::string_view type) {
  const std::string_view family = type.substr(0, type.find('.'));
  return std::find(kGovernedFamilies.begin(), kGovernedFamilies.end(), family) !=
         kGovernedFamilies.end();
}

// Before proofs had types they were whatever an emitter said, and named nothing.
std::optional<std::string_view> proof_blob(const Json& data) {
  const Json* const proof = data.find("proof");
  if (proof == nullptr || !from_word<ProofType>(proof->string_at("type").value_or(""))) return {};
  const auto blob = proof->string_at("blob");
  return blob && content_hash_from_text(*blob) ? blob : std::nullopt;
}

// Canonical JSON writes a name in one way only.
bool may_have_proof_blob(std::string_view data) {
  return data.find(R"("blob":")") != std::string_view::npos;
}

bool is_producer_name(std::string_view name) {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name.size() <= kProducerBytesMax &&
         name.find_first_not_of(kCharacters) == std::string_view::npos;
}

}  // namespace assent
