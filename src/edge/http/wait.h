// `Prefer: wait=N`: calls that wait for an approval to change. Waiting holds no thread.
//
// One thread keeps the deadlines; the writer's thread announces changes. Thread-safe.
#pragma once

#include "base/id.h"
#include "domain/principal.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace assent::http {

class Waiters {
 public:
  Waiters();
  ~Waiters();  // Wakes everybody first.
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  using Ticket = std::uint64_t;
  using Wake = std::function<void()>;

  // Registers interest before the caller reads, so that no change between is missed. `wake` is
  // called exactly once unless the ticket is given back: on the next change, or after `patience`.
  // It must not block. 0 if too many wait already: then answer at once.
  Ticket wait(TenantNumber tenant, const ApprovalId& approval, std::chrono::seconds patience,
              Wake wake);
  // Whether the ticket was still waiting; its wake will then not be called.
  bool give_back(Ticket ticket);

  void changed(TenantNumber tenant, const ApprovalId& approval);

 private:
  using Key = std::pair<TenantNumber, ApprovalId>;
  struct Waiter {
    Key key;
    std::chrono::steady_clock::time_point until;
    Wake wake;
  };
  void run();
  Wake take(Ticket ticket);  // REQUIRES: mutex_ held. Empty if it waits no more.

  std::mutex mutex_;
  std::condition_variable news_;
  std::map<Ticket, Waiter> waiters_;        // Guarded by mutex_.
  std::multimap<Key, Ticket> by_approval_;  // Guarded by mutex_.
  Ticket next_ = 1;                         // Guarded by mutex_.
  bool is_closing_ = false;                 // Guarded by mutex_.
  std::thread thread_;                      // Last: it uses everything above.
};

}  // namespace assent::http
