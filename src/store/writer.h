// The one thread that writes.
//
// Jobs that arrive while a batch is being made durable wait together and go into the next one, so
// that one fsync pays for many of them; there is no timer. Because there is one thread, a job sees
// every earlier job's effects and none of a later one's: no use case ever needs to think about
// another.
//
//   write() ─► waiting ─► BEGIN, each job in its savepoint, COMMIT ─► committed() ─► done()
//                           any Error: undone alone     a broken COMMIT: uncertain for the batch
#pragma once

#include "store/batch.h"
#include "store/identities.h"
#include "store/store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace assent::store {

// What is true since the last commit. Valid during the call that brings it.
struct Committed {
  const Heads& heads;  // Of at least the logs that changed.
  const Changes& changes;
  std::shared_ptr<const Identities> identities;
};

class Writer {
  using SteadyClock = std::chrono::steady_clock;

 public:
  struct Parts {
    Connection& connection;  // The writer's alone until it is destroyed.
    const Clock& clock;
    Random& random;
    const Blobs& blobs;
    const Signers& signers;
    const PoliciesInForce& policies;  // As committed: whoever hears of commits keeps them so.
  };
  struct Options {
    std::size_t jobs_max = 8192;            // Waiting; beyond it Code::overloaded.
    std::size_t jobs_per_batch_max = 1024;  // Bounds how long the first of them waits.
    // At the start, and on the writer thread after every commit, before its jobs are done and with
    // nothing locked; must not block for long.
    std::function<void(const Committed&)> committed = nullptr;
    // On the writer thread before every transaction.
    std::function<void()> before_batch = nullptr;
    // On the writer thread after every batch, before its jobs are done; must not block.
    std::function<void(const BatchReport&)> reported = nullptr;
  };

  // Loads heads and identities; fails as the connection does.
  static Result<std::unique_ptr<Writer>> start(const Parts& parts, Options options);
  ~Writer();  // close().

  // Runs what waits, stops, and refuses all that comes later. Not from the writer thread.
  void close();

  // Queues the job. `done` is called exactly once unless this returns an Error: Code::overloaded,
  // Code::unavailable once closing, or Code::corrupt once latched. What `done` is told: nothing,
  // and the job's effects are durable; the job's own Error, or Code::unauthenticated or
  // Code::unavailable, and it has none; Code::uncertain, and only a retry under the same
  // idempotency key can tell. Thread-safe; never blocks for I/O.
  Result<void> write(WriteJob job);

  // Refuses every write from now on: something was read that nobody wrote. Thread-safe.
  void latch();
  bool is_latched() const { return is_latched_.load(std::memory_order_acquire); }
  // Whether the last batch could not be made durable. Thread-safe.
  bool is_failing() const { return is_failing_.load(std::memory_order_relaxed); }
  // For how long the batch under way has been; zero if there is none. Thread-safe.
  std::chrono::nanoseconds busy_for() const;

  std::size_t waiting() const;

 private:
  Writer(const Parts& parts, Options options);

  void run();
  std::vector<WriteJob> next_jobs();  // Empty: closing, and nothing waits.
  void run_batch(std::vector<WriteJob>& jobs);
  Result<void> make_durable(Batch& batch, std::vector<WriteJob>& jobs,
                            std::vector<Result<void>>& results);
  void report(std::size_t jobs, const Result<void>& outcome, const Changes& changes);
  Result<void> run_jobs(Batch& batch, std::vector<WriteJob>& jobs,
                        std::vector<Result<void>>& results);
  Result<void> run_job(Batch& batch, WriteJob& job);
  Result<void> begin();
  Result<void> commit(Batch& batch);
  void abandon(const Error& error);
  Result<void> reload();
  void publish(const Changes& changes);

  const Parts parts_;
  const Options options_;
  std::atomic<bool> is_latched_ = false;
  std::atomic<bool> is_failing_ = false;
  std::atomic<SteadyClock::time_point> busy_since_ = SteadyClock::time_point();  // Then: idle.

  // The writer thread's, as are the next three.
  Heads heads_;
  std::shared_ptr<const Identities> identities_;       // As committed.
  std::shared_ptr<const Identities> next_identities_;  // As the open transaction would have them.
  bool needs_reload_ = false;  // What is in memory may differ from what is durable.

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<WriteJob> waiting_;  // Guarded by mutex_.
  bool is_closing_ = false;       // Guarded by mutex_.

  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace assent::store
