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

bool is_marker(const Json& value) {
  return value.is_string() && value.string() == kRedactionMarker;
}

// Compares what was recorded with what comes again, both in canonical order.
struct Comparison {
  // Whoever brought it first knows what it said. Of others a marker stands for nothing but itself,
  // or they would find out with it, guess by guess, what an event says that they may not read.
  bool is_bringers_own = false;

  bool is_same_text(std::string_view recorded, std::string_view again) const {
    return recorded == again || may_have_been(recorded, again) ||
           (is_bringers_own && may_have_been(again, recorded));
  }

  bool is_same(const Json& recorded, const Json& again) const {
    if (is_marker(recorded) || (is_bringers_own && is_marker(again))) return true;
    if (recorded.is_string() && again.is_string()) {
      return is_same_text(recorded.string(), again.string());
    }
    if (recorded.is_array() && again.is_array()) {
      return std::ranges::equal(
          recorded.items(), again.items(),
          [this](const Json& one, const Json& other) { return is_same(one, other); });
    }
    if (!recorded.is_object() || !again.is_object()) return recorded == again;
    return std::ranges::equal(
        recorded.members(), again.members(), [this](const auto& one, const auto& other) {
          return is_same_text(one.first, other.first) && is_same(one.second, other.second);
        });
  }
};

// Which principal brought it: the server's word, not the emitter's.
std::optional<std::string_view> bringer_of(const StoredEvent& event) {
  const Json* const by = event.data.find("recordedBy");
  const Json* const actor = by == nullptr ? event.data.find("actor") : by;
  return actor == nullptr ? std::nullopt : actor->string_at("id");
}

// Without what the server added: who brought it, as which actor, whose the producer is, and until
// when it is owed an end.
Json emitters_word(Json data) {
  for (auto& [name, value] : data.members()) {
    if (name != "producer" || !value.is_object()) continue;
    std::erase_if(value.members(), [](const auto& member) { return member.first == "principal"; });
  }
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
  const Comparison compared{.is_bringers_own = bringer_of(recorded) == bringer_of(again)};
  return recorded.type == again.type && compared.is_same_text(recorded.subject, again.subject) &&
         recorded.causation == again.causation &&
         (compared.is_same_text(recorded.correlation_id, again.correlation_id) ||
          (is_uncorrelated(recorded) && is_uncorrelated(again))) &&
         compared.is_same(emitters_word(recorded.data), emitters_word(again.data));
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
