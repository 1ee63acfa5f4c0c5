// Does something for every tenant now and then, as an ordinary write job of the engine's. What is
// due is read from the store, so that it survives a restart.
#pragma once

#include "base/result.h"
#include "store/store.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

namespace assent::app {

struct TimerTask {
  std::string_view name;  // `expiry`: what failed, in the log.
  std::chrono::milliseconds tick;
  std::function<bool(store::Store&)> is_due;       // Asked at each tick, on the timer's thread.
  std::function<Result<void>(store::Write&)> run;  // A small job for each tenant.
};

// One thread; stops when destroyed. REQUIRES: the store outlives it.
class TenantTimer {
 public:
  TenantTimer(store::Store& store, TimerTask task);
  ~TenantTimer();
  TenantTimer(const TenantTimer&) = delete;
  TenantTimer& operator=(const TenantTimer&) = delete;

 private:
  void run();
  void submit();

  store::Store& store_;
  const TimerTask task_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // Guarded by mutex_.
  std::thread thread_;     // Last: it uses everything above.
};

}  // namespace assent::app
