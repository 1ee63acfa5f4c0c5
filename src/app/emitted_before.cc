#include "app/emitted_before.h"

#include "base/redact.h"
#include "store/event_ids.h"
#include "store/log.h"
#include "store/search/search.h"

#include <algorithm>
#include <string_view>

namespace assent::app {

namespace {

// Whether `text` may be what `redacted` was before something was taken out of it. What stood
// between the first marker and the last is not compared.
bool may_have_been(std::string_view redacted, std::string_view text) {
  const std::size_t first = redacted.find(kRedactionMarker);
  if (first == redacted.npos) return false;
  const std::string_view begin = redacted.substr(0, first);
  const std::string_view end =
      redacted.substr(redacted.rfind(kRedactionMarker) + kRedactionMarker.size());
  return text.size() >= begin.size() + end.size() && text.starts_with(begin) && text.ends_with(end);
}

bool is_same_text(std::string_view a, std::string_view b) {
  return a == b || may_have_been(a, b) || may_have_been(b, a);
}

bool is_marker(const Json& value) {
  return value.is_string() && value.string() == kRedactionMarker;
}

// In canonical order, both of them.
bool is_same(const Json& a, const Json& b) {
  if (is_marker(a) || is_marker(b)) return true;
  if (a.is_string() && b.is_string()) return is_same_text(a.string(), b.string());
  if (a.is_array() && b.is_array()) return std::ranges::equal(a.items(), b.items(), &is_same);
  if (!a.is_object() || !b.is_object()) return a == b;
  return std::ranges::equal(a.members(), b.members(), [](const auto& one, const auto& other) {
    return is_same_text(one.first, other.first) && is_same(one.second, other.second);
  });
}

// Without what the server added: who brought it, as which actor, and until when it is owed an end.
Json emitters_word(Json data) {
  const bool names_its_actor = data.find("recordedBy") != nullptr;
  std::erase_if(data.members(), [names_its_actor](const Json::Member& member) {
    return member.first == "dueAt" || member.first == "recordedBy" ||
           (member.first == "actor" && !names_its_actor);
  });
  return data;
}

// Whether the correlation is only the trace of the call, as it is where the emitter named none.
bool is_uncorrelated(const StoredEvent& event) {
  return event.correlation_id == event.trace_id;
}

}  // namespace

bool says_the_same(const StoredEvent& recorded, const StoredEvent& again) {
  return recorded.type == again.type && is_same_text(recorded.subject, again.subject) &&
         recorded.causation == again.causation &&
         (is_same_text(recorded.correlation_id, again.correlation_id) ||
          (is_uncorrelated(recorded) && is_uncorrelated(again))) &&
         is_same(emitters_word(recorded.data), emitters_word(again.data));
}

Result<std::optional<std::uint64_t>> look_up(const EventId& id, const Preparation& preparation) {
  CHECK(preparation.read != nullptr);
  const store::Read& read = *preparation.read;
  const auto sequence =
      read.search().sequence_of(read.connection(), read.tenant().number, id, read.size());
  if (sequence) return std::optional(*sequence);
  if (sequence.error().code != Code::not_found) return sequence.error();
  return std::optional<std::uint64_t>();
}

Result<std::optional<store::EventRef>> recorded_before(const store::Write& write,
                                                       const EmitEvents& in, std::size_t index) {
  const EmitEvents::Rendered& rendered = in.rendered[index];
  auto sequence = rendered.found;
  if (!sequence) sequence = TRY(store::claim_event_id(write, rendered.event.id));
  if (!sequence) return std::optional<store::EventRef>();
  const StoredEvent recorded = TRY(store::recorded_event(write, *sequence));
  const std::string bytes = TRY(entry_bytes(rendered.event, recorded.sequence, recorded.time));
  if (recorded.id != rendered.event.id || !says_the_same(recorded, TRY(stored_event_from(bytes)))) {
    Error conflict = error_at(Code::idempotency_conflict, path_of(in, index, "id"),
                              "was used for another event");
    conflict.detail = "an event with this id exists and says something else";
    return conflict;
  }
  return std::optional(
      store::EventRef{.id = recorded.id, .sequence = recorded.sequence, .time = recorded.time});
}

}  // namespace assent::app
