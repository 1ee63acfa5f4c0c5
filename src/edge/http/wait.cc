#include "edge/http/wait.h"

namespace assent::http {

Waiters::Waiters() : thread_([this] { run(); }) {}

Waiters::~Waiters() {
  close();
}

Waiters::Ticket Waiters::wait(TenantNumber tenant, const ApprovalId& approval,
                              std::chrono::milliseconds patience, Wake wake) {
  const std::scoped_lock lock(mutex_);
  if (is_closing_ || waiters_.size() >= kWaitersMax) return 0;
  const Ticket ticket = next_++;
  const Key key{tenant, approval};
  const Deadline until = std::chrono::steady_clock::now() + patience;
  waiters_.emplace(ticket, Waiter{.key = key, .until = until, .wake = std::move(wake)});
  by_approval_.emplace(key, ticket);
  const auto place = by_time_.emplace(until, ticket).first;
  if (place == by_time_.begin()) news_.notify_one();
  return ticket;
}

Waiters::Wake Waiters::take(Ticket ticket) {
  const auto found = waiters_.find(ticket);
  if (found == waiters_.end()) return {};
  by_approval_.erase({found->second.key, ticket});
  by_time_.erase({found->second.until, ticket});
  Wake wake = std::move(found->second.wake);
  waiters_.erase(found);
  return wake;
}

bool Waiters::give_back(Ticket ticket) {
  const std::scoped_lock lock(mutex_);
  return static_cast<bool>(take(ticket));
}

// Called by the writer, whose time is everybody's: the wakes themselves are left to our thread.
void Waiters::changed(TenantNumber tenant, const ApprovalId& approval) {
  const std::scoped_lock lock(mutex_);
  const Key key{tenant, approval};
  auto row = by_approval_.lower_bound({key, 0});
  if (row == by_approval_.end() || row->first != key) return;
  while (row != by_approval_.end() && row->first == key) {
    const Ticket ticket = row->second;
    ++row;
    due_.push_back(take(ticket));
  }
  news_.notify_one();
}

void Waiters::close() {
  {
    const std::scoped_lock lock(mutex_);
    is_closing_ = true;
  }
  news_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Waiters::take_due() {
  const auto now = std::chrono::steady_clock::now();
  while (!by_time_.empty() && (is_closing_ || by_time_.begin()->first <= now)) {
    due_.push_back(take(by_time_.begin()->second));
  }
}

void Waiters::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    take_due();
    if (due_.empty() && is_closing_) return;
    if (due_.empty() && by_time_.empty()) {
      news_.wait(lock);
    } else if (due_.empty()) {
      // A copy: the row may be gone by the time the wait ends.
      const Deadline next = by_time_.begin()->first;
      news_.wait_until(lock, next);
    } else {
      std::vector<Wake> wakes = std::exchange(due_, {});
      lock.unlock();
      for (const Wake& wake : wakes) wake();
      wakes.clear();  // What they hold ends without the lock.
      lock.lock();
    }
  }
}

}  // namespace assent::http
