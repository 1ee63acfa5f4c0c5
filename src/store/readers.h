// The pool of reader threads: each has its own connection and gives each job a snapshot of its own.
#pragma once

#include "base/time.h"
#include "store/blobs.h"
#include "store/connection.h"
#include "store/search/search.h"
#include "store/store.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace assent::store {

class Readers {
 public:
  struct Parts {
    std::function<Result<std::unique_ptr<Connection>>()> connect;
    const Clock& clock;
    const Blobs& blobs;
    const Search* search;  // May be null.
    const Prover* prover;
    // On a reader thread, when the database turns out to be damaged.
    std::function<void()> damaged;
  };
  struct Options {
    std::size_t threads = 2;
    std::size_t jobs_max = 8192;  // Waiting; beyond it Code::overloaded.
  };
  static Result<std::unique_ptr<Readers>> start(Parts parts, const Options& options);
  ~Readers();  // close().

  // Lets running jobs finish, answers waiting ones with Code::unavailable, and refuses all later.
  void close();

  // Code::overloaded or, once closed, Code::unavailable; the job is then never called. Otherwise it
  // is called exactly once, on a reader thread. Thread-safe; never blocks.
  Result<void> read(ReadJob job);

 private:
  Readers(Parts parts, const Options& options);

  void run(Connection& connection);
  void run_job(Connection& connection, const ReadJob& job);

  const Parts parts_;
  const Options options_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<ReadJob> waiting_;  // Guarded by mutex_.
  bool is_closing_ = false;      // Guarded by mutex_.

  std::vector<std::unique_ptr<Connection>> connections_;  // One for each thread.
  std::vector<std::thread> threads_;                      // Last: they use everything above.
};

}  // namespace assent::store
