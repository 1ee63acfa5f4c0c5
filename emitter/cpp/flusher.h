// The one that sends what was spooled: by size, by time, on demand and at the end.
#pragma once

#include "base/random.h"
#include "base/time.h"
#include "emitter/cpp/event.h"
#include "emitter/cpp/lane.h"
#include "emitter/cpp/sending.h"
#include "emitter/cpp/spool.h"

#include <assent/emitter.h>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

namespace assent::emitter {

// How long to wait before the attempt that follows so many failures: at random, so that those whom
// one failure stopped do not all come back at once.
std::chrono::milliseconds pause_after(unsigned failures, std::chrono::seconds at_least,
                                      Random& random);

// What a Flusher uses; all of it outlives it.
struct FlusherParts {
  const Options& options;
  const Send& send;
  const Report& report;
  const Clock& clock;
  Random& random;
};

// Owns the spool, with a lock around it, and the thread that sends. Thread-safe.
class Flusher {
 public:
  Flusher(FlusherParts parts, std::unique_ptr<Spool> spool);
  ~Flusher();  // REQUIRES: close() before.

  // Spools the event. Errors as Emitter::buffer().
  Result<Spooled> add(const Prepared& prepared);
  // Spools it, to be sent by itself, and waits for the server.
  Result<Receipt> add_and_wait(const Prepared& prepared);

  const std::string& producer() const { return spool_->producer(); }
  std::size_t flush(std::chrono::milliseconds timeout);
  std::size_t close(std::chrono::milliseconds timeout);
  // Lets go of the spool in the child of a fork, where this can be neither used nor destroyed.
  void abandon();

 private:
  using Lock = std::unique_lock<std::mutex>;

  Result<Entry> append(Lock& lock, const Prepared& prepared);
  Result<Entry> spool_one(Lock& lock, const Prepared& prepared, Waiter* waiter);
  std::optional<Error> sync_through(Lock& lock, std::uint64_t ordinal);
  void leave(const std::string& tenant, const Waiter& waiter);
  void hurry_all();
  bool is_enough() const { return waiting_ >= spool_options_.flush_events; }

  void run();
  Lane* wait_for_turn(Lock& lock);
  Lane* next_lane(Moment now);
  std::optional<Moment> next_moment() const;
  void sync_in_time(Lock& lock);
  void attempt(Lane& lane);
  void put_off(Lane& lane, const Later& later);
  Spool::Want wanted_save();
  void save(Spool::Want want);
  std::optional<Error> run_save(Spool::Save& save);
  bool make_room();

  struct Loaded;
  std::optional<Later> deliver(Lane& lane, const Batch& batch);
  Result<std::string> read_stretch(std::span<const Entry> entries);
  Result<std::optional<Loaded>> load(const Entry& entry, std::string_view bytes);
  std::optional<Later> send_run(Lane& lane, std::span<Loaded> run, const Batch& batch);
  Delivery send_all(Lane& lane, std::span<Loaded> run, const Batch& batch) const;
  std::optional<Later> set_aside(const Loaded& loaded, const Error& refused);
  void settle(Lane& lane, std::vector<Receipt> receipts);
  void settle(Lane& lane, const Error& error);
  Waiter* settle_first(Lane& lane);

  const FlusherParts parts_;
  const SpoolOptions spool_options_;
  const std::unique_ptr<Spool> spool_;  // Guarded by mutex_ where it says so.

  std::mutex mutex_;
  std::condition_variable work_;       // For the thread: there may be something to do.
  std::condition_variable done_;       // For the callers: something was settled, synced or ended.
  std::map<std::string, Lane> lanes_;  // Guarded by mutex_.
  std::size_t waiting_ = 0;            // Guarded by mutex_: items in all lanes.
  std::string event_;                  // Guarded by mutex_: of append(), kept for its storage.
  bool is_closing_ = false;            // Guarded by mutex_.
  bool is_full_ = false;               // Guarded by mutex_: somebody found no room.
  bool is_over_ = false;               // Guarded by mutex_: the thread has ended.
  bool is_syncing_ = false;            // Guarded by mutex_.
  Moment deadline_ = {};               // Guarded by mutex_: when closing.
  Moment synced_at_ = {};              // Guarded by mutex_.
  Moment saved_at_ = {};               // The thread's.
  Moment reserve_tried_at_ = {};       // The thread's.

  std::mutex joining_;  // Held by whoever waits for the end of the thread.
  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace assent::emitter
