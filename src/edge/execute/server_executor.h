// Executes what the policy has the server execute: once it is approved, by a signed HTTP call.
//
// It follows the store: what is approved, names an executor and has an attempt left is started by
// the operation that everybody starts by, so that deadlines, kill switches and the single use of a
// grant hold here too. The start is durable before anything is sent. After a crash the start is
// there and the call is not made again: its lease passes and its outcome is unknown.
#pragma once

#include "app/complete_execution.h"
#include "app/get_approval.h"
#include "edge/execute/calls.h"
#include "store/store.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <thread>
#include <vector>

namespace assent::execute {

struct ExecutorOptions {
  std::size_t calls_max = 16;                   // At the same time.
  std::chrono::milliseconds first_pause{1000};  // Before the second attempt; doubles, jittered.
  std::chrono::milliseconds pause_max{600'000};
  std::chrono::milliseconds drain{5000};  // For calls on their way when it stops.
};

// One thread. Starts at once, stops when destroyed.
class ServerExecutor {
 public:
  explicit ServerExecutor(store::Store& store, const ExecutorOptions& options = {});
  ~ServerExecutor();
  ServerExecutor(const ServerExecutor&) = delete;
  ServerExecutor& operator=(const ServerExecutor&) = delete;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  using Place = std::pair<std::int64_t, ApprovalId>;  // Tenant's number, approval.
  struct Flight {
    ExecutionId execution;
    Tenant tenant;
    ApprovalId approval;
    TraceId trace;
  };
  // A pause is in memory only: after a restart the next attempt is made at once.
  struct Pause {
    Moment until;
    int count = 0;
  };
  struct Ending {
    Flight flight;
    app::CompleteExecution completion;
  };

  void run();
  void drain();
  void look();
  void consider(const store::ToExecute& due);
  Result<void> start(const Tenant& tenant, const ApprovalId& approval);
  void send(std::int64_t attempt, const Flight& flight, const app::ApprovalView& view);
  void land(const Calls::Finished& finished);
  void tell_all();
  bool tell(Ending& ending);
  void pause(const Place& place);

  store::Store& store_;
  const ExecutorOptions options_;
  Calls calls_;
  std::map<CallId, Flight> flights_;
  std::map<Place, Pause> pauses_;
  std::vector<Ending> untold_;  // Ended, and not yet recorded.
  std::optional<store::ToExecute>
      seen_;  // Where the last look stopped, if it did not reach the end.
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace assent::execute
