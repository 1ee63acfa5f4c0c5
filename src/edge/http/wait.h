// `Prefer: wait=N`: calls that wait for an approval to change. Waiting holds no thread.
//
// One thread keeps the deadlines and wakes everybody; the writer's thread only says what changed.
// Thread-safe.
#pragma once

#include "base/id.h"
#include "domain/principal.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace assent::http {

class Waiters {
 public:
  static constexpr std::size_t kWaitersMax = 10'000;

  Waiters();
  ~Waiters();  // Closes.
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  using Ticket = std::uint64_t;
  using Wake = std::function<void()>;

  // Registers interest before the caller reads, so that no change between is missed. `wake` is
  // called exactly once unless the ticket is given back: after the next change, after `patience`,
  // or when this closes; always on the thread of this, and it must not block. 0 if too many wait
  // already or this is closed: then answer at once.
  Ticket wait(TenantNumber tenant, const ApprovalId& approval, std::chrono::milliseconds patience,
              Wake wake);
  // Whether the ticket was still waiting; its wake will then not be called.
  bool give_back(Ticket ticket);

  void changed(TenantNumber tenant, const ApprovalId& approval);

  // Wakes everybody, and lets nobody wait any more. Returns when the last wake has returned. Any
  // number of times, but not from a wake and not from two threads at once.
  void close();

 private:
  using Key = std::pair<TenantNumber, ApprovalId>;
  using Deadline = std::chrono::steady_clock::time_point;
  struct Waiter {
    Key key;
    Deadline until;
    Wake wake;
  };
  void run();
  void take_due();           // REQUIRES: mutex_ held.
  Wake take(Ticket ticket);  // REQUIRES: mutex_ held. Empty if it waits no more.

  std::mutex mutex_;
  std::condition_variable news_;
  std::map<Ticket, Waiter> waiters_;               // Guarded by mutex_.
  std::set<std::pair<Key, Ticket>> by_approval_;   // Guarded by mutex_.
  std::set<std::pair<Deadline, Ticket>> by_time_;  // Guarded by mutex_.
  std::vector<Wake> due_;                          // Guarded by mutex_. Taken, not yet called.
  Ticket next_ = 1;                                // Guarded by mutex_.
  bool is_closing_ = false;                        // Guarded by mutex_.
  std::thread thread_;                             // Last: it uses everything above.
};

}  // namespace assent::http
