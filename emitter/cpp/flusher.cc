#include "emitter/cpp/flusher.h"

#include "base/result.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace assent::emitter {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPause{100};
constexpr milliseconds kPauseMax{10'000};
// While there is much to do, what is settled is written down so often. What was sent and is not
// written down is sent again after a crash, and the server recognises it.
constexpr milliseconds kSaveInterval{1000};

std::size_t spool_bytes(const Prepared& prepared, std::size_t event_bytes) {
  std::size_t bytes = kRecordHeaderBytes + event_bytes;
  if (prepared.blob)
    bytes += kRecordHeaderBytes + 2 + prepared.tenant.size() + prepared.blob->size();
  return bytes;
}

Error closed_error() {
  return {.fault = Fault::closed, .message = "the emitter is closed"};
}

}  // namespace

milliseconds pause_after(unsigned failures, std::chrono::seconds at_least, Random& random) {
  const milliseconds longest = std::min(kPauseMax, kPause * (1 << std::min(failures, 20U)));
  std::uint32_t drawn = 0;
  std::array<std::uint8_t, sizeof(drawn)> bytes;
  random.fill(bytes);
  std::memcpy(&drawn, bytes.data(), sizeof(drawn));
  const auto span = static_cast<std::uint64_t>((longest - kPause / 2).count());
  const milliseconds chosen = kPause / 2 + milliseconds(span * drawn >> 32);
  return std::max<milliseconds>(chosen, at_least);
}

Flusher::Flusher(FlusherParts parts, std::unique_ptr<Spool> spool)
    : parts_(parts),
      spool_options_(*parts.options.spool),
      spool_(std::move(spool)),
      synced_at_(steady_clock::now()) {
  for (auto& [tenant, entry] : spool_->take_left()) {
    Lane& lane = lanes_.try_emplace(tenant, tenant).first->second;
    lane.items.push_back({.entry = entry, .since = synced_at_});
    ++lane.added;
    ++waiting_;
  }
  thread_ = std::thread([this] { run(); });
}

Flusher::~Flusher() {
  CHECK(!thread_.joinable());
}

// ---- for those who emit ----

Result<Spooled> Flusher::add(const Prepared& prepared) {
  Lock lock(mutex_);
  const Entry entry = TRY(spool_one(lock, prepared, nullptr));
  if (spool_options_.sync == Sync::each) {
    if (auto fault = sync_through(lock, entry.ordinal)) {
      return Error{.fault = Fault::unconfirmed,
                   .message = prepared.id + " is spooled, but not safe: " + fault->message,
                   .event_id = prepared.id};
    }
  }
  return Spooled{.id = prepared.id, .sequence = entry.sequence};
}

Result<Receipt> Flusher::add_and_wait(const Prepared& prepared) {
  const Moment deadline = steady_clock::now() + parts_.options.emit_timeout;
  Waiter waiter{.traceparent = prepared.traceparent};
  Lock lock(mutex_);
  TRY(spool_one(lock, prepared, &waiter));
  done_.wait_until(lock, deadline, [&] { return waiter.outcome || is_over_; });
  if (waiter.outcome) return std::move(*waiter.outcome);
  leave(prepared.tenant, waiter);
  return Error{.fault = Fault::unconfirmed,
               .message = prepared.id + " is not confirmed: it is spooled and will be sent",
               .event_id = prepared.id};
}

Result<Entry> Flusher::spool_one(Lock& lock, const Prepared& prepared, Waiter* waiter) {
  const Entry entry = TRY(append(lock, prepared));
  Lane& lane = lanes_.try_emplace(prepared.tenant, prepared.tenant).first->second;
  lane.items.push_back({.entry = entry, .since = steady_clock::now(), .waiter = waiter});
  ++lane.added;
  ++waiting_;
  if (waiter != nullptr) lane.hurried_to = lane.added;
  // The thread wakes up by itself for what it knows about.
  const bool is_news = lane.items.size() == 1 || waiting_ == spool_options_.flush_events;
  if (is_news || waiter != nullptr) work_.notify_one();
  return entry;
}

Result<Entry> Flusher::append(Lock& lock, const Prepared& prepared) {
  for (;;) {
    if (is_closing_) return closed_error();
    const Numbered number{.producer = spool_->producer(),
                          .sequence = spool_->next_sequence(prepared.tenant)};
    if (auto fault = write_bytes(event_, prepared, number)) return std::move(*fault);
    auto entry = spool_->append(prepared.tenant, event_, prepared.blob);
    if (entry || !spool_->can_hold(spool_bytes(prepared, event_.size()))) return entry;
    is_full_ = true;  // There may be room that is only not given back yet.
    work_.notify_one();
    const bool is_disk = entry.error().fault != Fault::spool_full;
    if (is_disk || spool_options_.when_full == WhenFull::fail) return entry;
    hurry_all();
    done_.wait(lock);
  }
}

// Makes what was appended up to `ordinal` durable. One syncs for all who wait; what is appended
// meanwhile is for the next.
std::optional<Error> Flusher::sync_through(Lock& lock, std::uint64_t ordinal) {
  while (!spool_->is_synced(ordinal)) {
    if (is_syncing_) {
      done_.wait(lock);
      continue;
    }
    const auto sync = TRY(spool_->begin_sync());
    is_syncing_ = true;
    lock.unlock();
    auto fault = spool_->run_sync(sync);
    lock.lock();
    is_syncing_ = false;
    spool_->end_sync(sync, !fault);
    done_.notify_all();
    if (fault) return fault;
  }
  return std::nullopt;
}

void Flusher::leave(const std::string& tenant, const Waiter& waiter) {
  for (Item& item : lanes_.at(tenant).items) {
    if (item.waiter == &waiter) item.waiter = nullptr;
  }
}

void Flusher::hurry_all() {
  for (auto& [tenant, lane] : lanes_) lane.hurried_to = lane.added;
}

std::size_t Flusher::flush(milliseconds timeout) {
  const Moment deadline = steady_clock::now() + timeout;
  Lock lock(mutex_);
  std::map<const Lane*, std::uint64_t> wanted;
  hurry_all();
  for (auto& [tenant, lane] : lanes_) {
    wanted.emplace(&lane, lane.added);
    lane.not_before = {};
  }
  work_.notify_one();
  const auto missing = [&] {
    std::uint64_t count = 0;
    for (const auto& [lane, added] : wanted) count += added - std::min(added, lane->settled);
    return static_cast<std::size_t>(count);
  };
  done_.wait_until(lock, deadline, [&] { return missing() == 0 || is_over_; });
  return missing();
}

std::size_t Flusher::close(milliseconds timeout) {
  {
    const Lock lock(mutex_);
    if (!is_closing_) {
      is_closing_ = true;
      deadline_ = steady_clock::now() + timeout;
      for (auto& [tenant, lane] : lanes_) lane.not_before = {};
    }
    work_.notify_one();
    done_.notify_all();
  }
  {
    const std::lock_guard joining(joining_);
    if (thread_.joinable()) thread_.join();
  }
  const Lock lock(mutex_);
  return waiting_;
}

void Flusher::abandon() {
  spool_->abandon();
}

// ---- the thread ----

void Flusher::run() {
  save(Spool::Want::always);
  for (;;) {
    Lane* lane = nullptr;
    bool is_full = false;
    {
      Lock lock(mutex_);
      lane = wait_for_turn(lock);
      is_full = std::exchange(is_full_, false);
    }
    if (lane == nullptr && !is_full) break;
    if (lane != nullptr) attempt(*lane);
    save(is_full ? Spool::Want::room : wanted_save());
  }
  save(Spool::Want::always);
  const Lock lock(mutex_);
  is_over_ = true;
  done_.notify_all();
}

// While there is much to do it is enough to write down now and then what is settled.
Spool::Want Flusher::wanted_save() {
  const Lock lock(mutex_);
  const bool is_time = steady_clock::now() >= saved_at_ + kSaveInterval;
  return waiting_ == 0 || is_time ? Spool::Want::always : Spool::Want::when_files_go;
}

// The lane whose turn it is, once there is one; none when it is time to end, or to make room.
Lane* Flusher::wait_for_turn(Lock& lock) {
  for (;;) {
    if (is_full_) return nullptr;
    const Moment now = steady_clock::now();
    if (is_closing_ && (waiting_ == 0 || now >= deadline_)) return nullptr;
    if (Lane* const lane = next_lane(now)) return lane;
    if (const auto moment = next_moment()) {
      work_.wait_until(lock, *moment);
    } else {
      work_.wait(lock);
    }
    sync_in_time(lock);
  }
}

// The longest waiting of those that are due.
Lane* Flusher::next_lane(Moment now) {
  const bool is_all = is_closing_ || is_enough();
  Lane* next = nullptr;
  for (auto& [tenant, lane] : lanes_) {
    if (lane.items.empty() || lane.not_before > now) continue;
    const Moment since = lane.items.front().since;
    if (!is_all && !lane.is_hurried() && since + spool_options_.flush_after > now) continue;
    if (next == nullptr || since < next->items.front().since) next = &lane;
  }
  return next;
}

// When something will be due, unless something happens before.
std::optional<Moment> Flusher::next_moment() const {
  std::optional<Moment> first;
  const auto consider = [&](Moment moment) { first = first ? std::min(*first, moment) : moment; };
  if (is_closing_) consider(deadline_);
  if (spool_options_.sync == Sync::interval && spool_->has_unsynced()) {
    consider(synced_at_ + spool_options_.sync_interval);
  }
  const bool is_all = is_closing_ || is_enough();
  for (const auto& [tenant, lane] : lanes_) {
    if (lane.items.empty()) continue;
    const bool is_now = is_all || lane.is_hurried();
    const Moment due = lane.items.front().since + spool_options_.flush_after;
    consider(is_now ? lane.not_before : std::max(lane.not_before, due));
  }
  return first;
}

void Flusher::sync_in_time(Lock& lock) {
  if (spool_options_.sync != Sync::interval || !spool_->has_unsynced()) return;
  if (steady_clock::now() < synced_at_ + spool_options_.sync_interval) return;
  const auto fault = sync_through(lock, spool_->appended());
  synced_at_ = steady_clock::now();
  if (!fault) return;
  lock.unlock();
  parts_.report("disk", fault->message);
  lock.lock();
}

void Flusher::attempt(Lane& lane) {
  Batch batch;
  std::optional<Error> fault;
  {
    Lock lock(mutex_);
    batch = lane.batch();
    // What the server has must never be numbered again.
    fault = sync_through(lock, batch.ordinal);
  }
  const auto later = fault ? Later{.reason = fault->message} : deliver(lane, batch);
  if (later) return put_off(lane, *later);
  const Lock lock(mutex_);
  lane.failures = 0;
}

void Flusher::put_off(Lane& lane, const Later& later) {
  unsigned failures = 0;
  {
    const Lock lock(mutex_);
    const auto pause = pause_after(lane.failures, later.after, parts_.random);
    lane.not_before = steady_clock::now() + pause;
    failures = ++lane.failures;
  }
  if (failures == 1) {
    parts_.report("unreachable",
                  "events of " + lane.tenant + " wait in the spool: " + later.reason);
  }
}

void Flusher::save(Spool::Want want) {
  Spool::Save save;
  {
    const Lock lock(mutex_);
    save = spool_->begin_save(want);
    if (!save.unneeded.empty()) done_.notify_all();  // There is room.
  }
  const Moment now = steady_clock::now();
  // Who finds no room may ask often.
  if (save.unneeded.empty() && now < reserve_tried_at_ + kSaveInterval) save.needs_reserve = false;
  if (save.is_empty()) return;
  if (save.needs_reserve) reserve_tried_at_ = now;
  saved_at_ = now;
  const auto fault = run_save(save);
  {
    const Lock lock(mutex_);
    spool_->end_save(std::move(save));
  }
  if (fault) parts_.report("disk", spool_->directory() + ": " + fault->message);
}

// A full disk has to let the state be written behind which files would go.
std::optional<Error> Flusher::run_save(Spool::Save& save) {
  auto fault = spool_->run_save(save);
  if (!save.state || save.unneeded.empty() || !make_room()) return fault;
  save.needs_reserve = true;
  return spool_->run_save(save);
}

bool Flusher::make_room() {
  const Lock lock(mutex_);
  return spool_->make_room();
}

}  // namespace assent::emitter
