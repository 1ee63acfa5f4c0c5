// How a Flusher sends a batch, and what comes of each event.
#include "base/canonical.h"
#include "base/result.h"
#include "emitter/cpp/flusher.h"
#include "emitter/cpp/json_read.h"

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::emitter {

namespace {

// Records that lie so near to each other are read at once.
constexpr std::uint64_t kGapBytesMax = 4096;
constexpr std::size_t kIdBytes = 30;

// The id of an event. Where an emitter wrote it nothing before has these bytes: `actor` begins with
// its own id, and in a text a quote is escaped.
std::string id_of(std::string_view event) {
  constexpr std::string_view kBefore = R"(,"id":")";
  const std::size_t at = event.find(kBefore);
  if (at != std::string_view::npos) {
    const std::string_view rest = event.substr(at + kBefore.size());
    const std::string_view id = rest.substr(0, rest.find('"'));
    if (id.size() == kIdBytes && id.starts_with("evt_")) return std::string(id);
  }
  const auto json = read_json(event);
  return std::string(json ? json->string_at("id").value_or("") : "");
}

// Whether `next` lies in the file behind `place`, and near.
bool is_near(const Place& place, const Place& next) {
  const std::uint64_t end = place.offset + place.size;
  return next.segment == place.segment && next.offset >= end && next.offset - end <= kGapBytesMax;
}

}  // namespace

// What waits, with its bytes.
struct Flusher::Loaded {
  std::string id;
  std::string_view event;
  std::optional<std::string> blob;
};

// Sends it all, in order; nothing, or why the rest has to wait. What is settled is never behind
// what is not.
std::optional<Later> Flusher::deliver(Lane& lane, const Batch& batch) {
  std::deque<std::string> stretches;  // What the events look into.
  std::vector<Loaded> run;
  run.reserve(batch.entries.size());
  std::uint64_t begin = 0;
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const Entry& entry = batch.entries[i];
    if (i == 0 || !is_near(batch.entries[i - 1].event, entry.event)) {
      begin = entry.event.offset;
      auto read = read_stretch(std::span(batch.entries).subspan(i));
      if (!read) return Later{.reason = read.error().message};
      stretches.push_back(std::move(*read));
    }
    const std::string_view stretch = stretches.back();
    const std::size_t at = std::min(stretch.size(), entry.event.offset - begin);
    auto loaded = load(entry, stretch.substr(at));
    if (!loaded) return Later{.reason = loaded.error().message};
    if (*loaded) {
      run.push_back(std::move(**loaded));
      continue;
    }
    if (auto later = send_run(lane, run, batch)) return later;
    run.clear();
    settle(lane,
           Error{.fault = Fault::spool_unusable, .message = "the disk did not keep the event"});
  }
  return send_run(lane, run, batch);
}

// The records of the first of `entries` and of those that lie side by side with it.
Result<std::string> Flusher::read_stretch(std::span<const Entry> entries) {
  std::size_t count = 1;
  while (count < entries.size() && is_near(entries[count - 1].event, entries[count].event)) ++count;
  return spool_->read_stretch(entries.front().event, entries[count - 1].event);
}

// `bytes` begin with the event's record, if the disk kept it.
Result<std::optional<Flusher::Loaded>> Flusher::load(const Entry& entry, std::string_view bytes) {
  const auto event = whole_payload(bytes);
  if (!event || event->size() != entry.event.size) {
    spool_->report_damage(entry.event);
    return std::optional<Loaded>();
  }
  Loaded loaded{.id = id_of(*event), .event = *event};
  if (entry.blob.segment != nullptr) {
    const auto payload = TRY(spool_->read(entry.blob));
    if (!payload) return std::optional<Loaded>();
    loaded.blob = blob_of_payload(*payload);
  }
  return std::optional(std::move(loaded));
}

// One event at fault must not stop the others. Halving finds it, and what passes where only so much
// may pass at once.
std::optional<Later> Flusher::send_run(Lane& lane, std::span<Loaded> run, const Batch& batch) {
  if (run.empty()) return std::nullopt;
  auto delivery = send_all(lane, run, batch);
  auto* const later = std::get_if<Later>(&delivery);
  const auto* const refused = std::get_if<Error>(&delivery);
  if (run.size() > 1 && (refused != nullptr || (later != nullptr && later->is_too_large))) {
    const std::size_t middle = run.size() / 2;
    if (auto first = send_run(lane, run.first(middle), batch)) return first;
    return send_run(lane, run.subspan(middle), batch);
  }
  if (later != nullptr) return std::move(*later);
  if (refused != nullptr) {
    if (auto fault = set_aside(run.front(), *refused)) return fault;
    settle(lane, *refused);
    return std::nullopt;
  }
  settle(lane, std::get<std::vector<Receipt>>(std::move(delivery)));
  return std::nullopt;
}

Delivery Flusher::send_all(Lane& lane, std::span<Loaded> run, const Batch& batch) const {
  const auto key = parts_.options.keys.find(lane.tenant);
  if (key == parts_.options.keys.end()) return Later{.reason = "there is no key for it"};
  for (const Loaded& loaded : run) {
    if (!loaded.blob) continue;
    auto stored =
        send_blob(parts_.send, blob_request(key->second, *loaded.blob), Patience::spooled);
    if (!std::holds_alternative<std::vector<Receipt>>(stored)) return stored;
  }
  if (batch.is_alone) {
    const Loaded& only = run.front();
    return send_event(parts_.send,
                      event_request(key->second, std::string(only.event), batch.traceparent),
                      only.id, Patience::spooled);
  }
  std::string lines;
  std::vector<std::string> ids;
  ids.reserve(run.size());
  for (const Loaded& loaded : run) {
    lines.append(loaded.event).push_back('\n');
    ids.push_back(loaded.id);
  }
  return send_batch(parts_.send, batch_request(key->second, std::move(lines)), ids);
}

// Keeps what the server will never take, with its reason; Later if the disk does not let us.
std::optional<Later> Flusher::set_aside(const Loaded& loaded, const Error& refused) {
  const Json answer = Json::object({{"at", to_rfc3339(parts_.clock.now())},
                                    {"reason", refused.message},
                                    {"status", std::int64_t{refused.status}}});
  const std::string line =
      R"({"answer":)" + canonical_json(answer) + R"(,"event":)" + std::string(loaded.event) + "}";
  // Without the reserve what is left of the disk is for the state.
  if (!spool_->has_reserve()) return Later{.reason = "there is no room on the disk"};
  auto fault = spool_->set_aside(line);
  if (fault && make_room()) fault = spool_->set_aside(line);
  if (fault) return Later{.reason = fault->message};
  parts_.report("refused", "the server refused " + loaded.id + ": " + refused.message);
  return std::nullopt;
}

// The first of the lane are over.
void Flusher::settle(Lane& lane, std::vector<Receipt> receipts) {
  const Lock lock(mutex_);
  for (Receipt& receipt : receipts) {
    if (Waiter* const waiter = settle_first(lane)) waiter->outcome = std::move(receipt);
  }
  done_.notify_all();
}

void Flusher::settle(Lane& lane, const Error& error) {
  const Lock lock(mutex_);
  if (Waiter* const waiter = settle_first(lane)) waiter->outcome = error;
  done_.notify_all();
}

// Whoever waits for it, if somebody does.
Waiter* Flusher::settle_first(Lane& lane) {
  Waiter* const waiter = lane.items.front().waiter;
  spool_->settle(lane.tenant, lane.items.front().entry);
  lane.items.pop_front();
  --waiting_;
  ++lane.settled;
  return waiter;
}

}  // namespace assent::emitter
