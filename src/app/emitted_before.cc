#include "app/emitted_before.h"

#include "base/redact.h"
#include "domain/event.h"
#include "store/event_ids.h"
#include "store/log.h"
#include "store/search/search.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

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

// Whether the emitter said the same both times: the same of the same thing, whoever brought it.
// What stands where a secret stood may have been anything, because what counts as a secret may
// have changed in between; of what another principal brings again only where the log has it so, or
// it would tell them what the event says. REQUIRES: both were read from canonical bytes.
bool says_the_same(StoredEvent recorded, StoredEvent again) {
  const Comparison compared{.is_bringers_own = bringer_of(recorded) == bringer_of(again)};
  return recorded.type == again.type && compared.is_same_text(recorded.subject, again.subject) &&
         recorded.causation == again.causation &&
         (compared.is_same_text(recorded.correlation_id, again.correlation_id) ||
          (is_uncorrelated(recorded) && is_uncorrelated(again))) &&
         compared.is_same(emitters_word(std::move(recorded.data)),
                          emitters_word(std::move(again.data)));
}

const EventId& id_of(const EmitEvents::Rendered& rendered) {
  return rendered.event.id;
}

// Of an event and the bytes of an earlier one with the same id: where that is, if it says the same.
Result<store::EventRef> compare(const EmitEvents& in, std::size_t index, std::string_view earlier) {
  StoredEvent recorded = TRY(stored_event_from(earlier));
  const store::EventRef place{
      .id = recorded.id, .sequence = recorded.sequence, .time = recorded.time};
  const PreparedEvent& event = in.rendered[index].event;
  const std::string again = TRY(entry_bytes(event, place.sequence, place.time));
  if (place.id == event.id && says_the_same(std::move(recorded), TRY(stored_event_from(again)))) {
    return place;
  }
  Error conflict =
      error_at(Code::idempotency_conflict, path_of(in, index, "id"), "was used for another event");
  conflict.detail = "an event with this id exists and says something else";
  return conflict;
}

}  // namespace

Result<std::optional<std::uint64_t>> look_up(const EventId& id, const Preparation& preparation) {
  CHECK(preparation.read != nullptr);
  const store::Read& read = *preparation.read;
  const auto sequence =
      read.search().sequence_of(read.connection(), read.tenant().number, id, read.size());
  if (sequence) return std::optional(*sequence);
  if (sequence.error().code != Code::not_found) return sequence.error();
  return std::optional<std::uint64_t>();
}

Result<void> settle(EmitEvents& in, std::size_t index, const Preparation& preparation,
                    std::size_t& left) {
  EmitEvents::Rendered& rendered = in.rendered[index];
  const EventId& id = rendered.event.id;
  const bool is_decided = preparation.ids.decide(id, preparation.now);
  const auto sequence =
      is_decided ? TRY(store::find_event_id(*preparation.read, id)) : TRY(look_up(id, preparation));
  std::string earlier;
  if (sequence) {
    earlier = TRY(store::recorded_bytes(*preparation.read, *sequence));
  } else {
    const auto same = std::ranges::find(in.rendered, id, &id_of);
    if (&*same == &rendered) return {};
    rendered.same_as = static_cast<std::size_t>(same - in.rendered.begin());
    earlier = TRY(entry_bytes(same->event, 0, preparation.now));
  }
  if (earlier.size() > left) {
    return error_at(Code::too_large, "events",
                    "are too much to be compared with what is recorded: send fewer at a time");
  }
  left -= earlier.size();
  const auto recorded = TRY(compare(in, index, earlier));
  if (sequence) rendered.recorded = recorded;
  return {};
}

Result<std::optional<store::EventRef>> recorded_before(const store::Write& write,
                                                       const EmitEvents& in, std::size_t index,
                                                       std::size_t& left) {
  const auto sequence = TRY(store::claim_event_id(write, in.rendered[index].event.id));
  if (!sequence) return std::optional<store::EventRef>();
  const std::string recorded = TRY(store::recorded_bytes(write, *sequence));
  if (recorded.size() > left) {
    return Error{Code::not_ready, "the events have not been compared with those recorded yet"};
  }
  left -= recorded.size();
  return std::optional(TRY(compare(in, index, recorded)));
}

}  // namespace assent::app
