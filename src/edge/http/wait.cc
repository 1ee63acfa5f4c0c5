#include "edge/http/wait.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace assent::http {

namespace {
constexpr std::size_t kWaitersMax = 10'000;
constexpr std::chrono::milliseconds kTick{100};  // How late a patience may end.
}  // namespace

Waiters::Waiters() : thread_([this] { run(); }) {}

Waiters::~Waiters() {
  {
    const std::scoped_lock lock(mutex_);
    is_closing_ = true;
  }
  news_.notify_all();
  thread_.join();
}

Waiters::Ticket Waiters::wait(TenantNumber tenant, const ApprovalId& approval,
                              std::chrono::seconds patience, Wake wake) {
  const std::scoped_lock lock(mutex_);
  if (is_closing_ || waiters_.size() >= kWaitersMax) return 0;
  const Ticket ticket = next_++;
  const Key key{tenant, approval};
  waiters_.emplace(ticket, Waiter{.key = key,
                                  .until = std::chrono::steady_clock::now() + patience,
                                  .wake = std::move(wake)});
  by_approval_.emplace(key, ticket);
  return ticket;
}

Waiters::Wake Waiters::take(Ticket ticket) {
  const auto found = waiters_.find(ticket);
  if (found == waiters_.end()) return {};
  const auto [first, last] = by_approval_.equal_range(found->second.key);
  by_approval_.erase(
      std::find_if(first, last, [&](const auto& row) { return row.second == ticket; }));
  Wake wake = std::move(found->second.wake);
  waiters_.erase(found);
  return wake;
}

bool Waiters::give_back(Ticket ticket) {
  const std::scoped_lock lock(mutex_);
  return static_cast<bool>(take(ticket));
}

void Waiters::changed(TenantNumber tenant, const ApprovalId& approval) {
  std::vector<Wake> wakes;
  {
    const std::scoped_lock lock(mutex_);
    const auto [first, last] = by_approval_.equal_range({tenant, approval});
    for (auto row = first; row != last; ++row) {
      const auto waiter = waiters_.find(row->second);
      wakes.push_back(std::move(waiter->second.wake));
      waiters_.erase(waiter);
    }
    by_approval_.erase(first, last);
  }
  for (const Wake& wake : wakes) wake();
}

void Waiters::run() {
  std::unique_lock lock(mutex_);
  while (!is_closing_ || !waiters_.empty()) {
    const auto now = std::chrono::steady_clock::now();
    std::vector<Ticket> due;
    for (const auto& [ticket, waiter] : waiters_) {
      if (is_closing_ || waiter.until <= now) due.push_back(ticket);
    }
    for (const Ticket ticket : due) {
      const Wake wake = take(ticket);
      if (!wake) continue;  // Changed while the lock was away.
      lock.unlock();
      wake();
      lock.lock();
    }
    if (is_closing_ && waiters_.empty()) return;
    news_.wait_for(lock, kTick);
  }
}

}  // namespace assent::http
