// How a Flusher sends a batch, and what comes of each event.
#include "base/canonical.h"
#include "base/result.h"
#include "emitter/cpp/flusher.h"
#include "emitter/cpp/json_read.h"

#include <string_view>
#include <utility>
#include <vector>

namespace assent::emitter {

// What waits, with its bytes.
struct Flusher::Loaded {
  std::string id;
  std::string event;
  std::optional<std::string> blob;
};

// Sends it all, in order; nothing, or why the rest has to wait. What is settled is never behind
// what is not.
std::optional<Later> Flusher::deliver(Lane& lane, const Batch& batch) {
  std::vector<Loaded> run;
  run.reserve(batch.entries.size());
  for (const Entry& entry : batch.entries) {
    if (auto loaded = load(entry)) {
      run.push_back(std::move(*loaded));
      continue;
    }
    if (auto later = send_run(lane, run, batch)) return later;
    run.clear();
    const Error lost{.fault = Fault::spool_unusable, .message = "the disk did not keep the event"};
    settle(lane, std::vector<Result<Receipt>>{lost});
  }
  return send_run(lane, run, batch);
}

std::optional<Flusher::Loaded> Flusher::load(const Entry& entry) {
  auto event = spool_->read(entry.event);
  if (!event) return std::nullopt;
  const auto json = read_json(*event);
  const auto id = json ? json->string_at("id") : std::nullopt;
  Loaded loaded{.id = std::string(id.value_or(""))};
  loaded.event = std::move(*event);
  if (entry.blob.segment != nullptr) {
    const auto payload = spool_->read(entry.blob);
    if (!payload) return std::nullopt;
    loaded.blob = blob_of_payload(*payload);
  }
  return loaded;
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
    settle(lane, std::vector<Result<Receipt>>{*refused});
    return std::nullopt;
  }
  std::vector<Result<Receipt>> outcomes;
  outcomes.reserve(run.size());
  for (Receipt& receipt : std::get<std::vector<Receipt>>(delivery)) {
    outcomes.emplace_back(std::move(receipt));
  }
  settle(lane, outcomes);
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
    return send_event(parts_.send, event_request(key->second, only.event, batch.traceparent),
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
      R"({"answer":)" + canonical_json(answer) + R"(,"event":)" + loaded.event + "}";
  // Without the reserve what is left of the disk is for the state.
  if (!spool_->has_reserve()) return Later{.reason = "there is no room on the disk"};
  auto fault = spool_->set_aside(line);
  if (fault && make_room()) fault = spool_->set_aside(line);
  if (fault) return Later{.reason = fault->message};
  parts_.report("refused", "the server refused " + loaded.id + ": " + refused.message);
  return std::nullopt;
}

// The first of the lane are over.
void Flusher::settle(Lane& lane, std::span<const Result<Receipt>> outcomes) {
  const Lock lock(mutex_);
  for (const Result<Receipt>& outcome : outcomes) {
    const Item& item = lane.items.front();
    if (item.waiter != nullptr) item.waiter->outcome = outcome;
    spool_->settle(lane.tenant, item.entry);
    lane.items.pop_front();
    --waiting_;
  }
  lane.settled += outcomes.size();
  done_.notify_all();
}

}  // namespace assent::emitter
