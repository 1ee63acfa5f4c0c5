#include "app/tenant_timer.h"

#include "base/log.h"

#include <string>
#include <utility>

namespace assent::app {

TenantTimer::TenantTimer(store::Store& store, TimerTask task)
    : store_(store), task_(std::move(task)), thread_([this] { run(); }) {}

TenantTimer::~TenantTimer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void TenantTimer::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    if (task_.is_due(store_)) submit();
    lock.lock();
    wake_.wait_for(lock, task_.tick, [this] { return stopping_; });
  }
}

void TenantTimer::submit() {
  const auto identities = store_.identities();
  for (const Tenant& tenant : identities->tenants()) {
    Caller engine;
    engine.tenant = tenant;
    const auto accepted =
        store_.write({.caller = std::move(engine),
                      .trace = make_trace(store_.random()),
                      .run = task_.run,
                      .done = [name = task_.name](Result<void> result) {
                        // Nobody waits for this answer; the next tick tries again, and whoever
                        // depends on it looks for himself.
                        if (result) return;
                        log_line(LogLevel::warning, "timer_failed",
                                 {{"timer", std::string(name)}, {"error", result.error().detail}});
                      }});
    if (!accepted) return;  // The queue is full: the next tick tries again.
  }
}

}  // namespace assent::app
