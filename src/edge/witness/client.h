// Has the logs of this server cosigned by the witnesses of a policy.
//
// Every few seconds each log's newest published checkpoint goes to all witnesses at once; each has
// its own pace, pauses and failures, so that none keeps another waiting. Nothing waits for this
// thread: without an answer the log goes on as before and its newest head is served uncosigned.
//
//   published ─► submit to each ─► 200: verify ─► keep, once it is worth more than what is kept
//                     ▲────────────── 409: the proof from the size that the witness says
#pragma once

#include "edge/execute/calls.h"
#include "edge/witness/report.h"
#include "ledger/cosignature.h"
#include "ledger/merkle.h"
#include "ledger/witness_policy.h"
#include "store/store.h"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace assent::witness {

struct ClientOptions {
  std::chrono::milliseconds period{2000};       // Between two checkpoints of one log, at least.
  std::chrono::seconds timeout{10};             // Of a request.
  std::chrono::milliseconds first_pause{1000};  // After a failure; doubles, jittered.
  std::chrono::milliseconds pause_max{120'000};
  std::chrono::seconds behind_after{120};  // Without a quorum for something new.
};

// Why a policy cannot be used here: a witness without a URL of http or https.
Result<void> check_usable(const ledger::WitnessPolicy& policy);

// One thread. Starts at once, stops when destroyed.
class Client {
 public:
  Client(store::Store& store, ledger::WitnessPolicy policy, const ClientOptions& options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Report report() const;  // Thread-safe.

 private:
  using Moment = std::chrono::steady_clock::time_point;
  // A checkpoint on its way to cosignatures.
  struct Round {
    ledger::Note note;  // As the log signed it.
    ledger::TreeHead head;
    std::map<std::size_t, ledger::Signature> cosignatures;  // By witness.
  };
  // One witness's state for one log.
  struct Lane {
    std::uint64_t size = 0;      // Of the newest head that it has, as far as is known here.
    std::uint64_t cosigned = 0;  // Of the newest whose cosignature came here.
    bool is_in_flight = false;
    bool is_told = false;  // 409 was the answer to the last request: another in a row is a failure.
    int failures = 0;      // In a row.
    Moment not_before{};
  };
  struct Log {
    Tenant tenant;
    std::optional<Round> round, kept;
    std::vector<Lane> lanes;  // By witness.
    Moment began{};
    Moment quorum_at{};  // When the newest head last had its quorum.
  };
  struct Flight {
    TenantNumber tenant{};
    std::size_t witness = 0;
    Round round;  // Without cosignatures.
  };

  void run();
  void look();
  Log& log_of(const Tenant& tenant);
  void recall(Log& log) const;
  bool may_begin(const Log& log) const;
  void submit(Log& log, std::size_t witness);
  void land(const execute::Calls::Finished& finished);
  Sent judge(Log& log, const Flight& flight, const execute::CallReply& reply);
  Sent take_size(Log& log, const Flight& flight, const execute::CallReply& reply);
  Sent take_cosignature(Log& log, const Flight& flight, const execute::CallReply& reply);
  void keep(Log& log, const Round& round);
  bool has_quorum(const Round& round) const;
  void pause(Lane& lane);
  void publish_report();

  store::Store& store_;
  const ledger::WitnessPolicy policy_;
  const ClientOptions options_;
  execute::Calls calls_;
  std::map<TenantNumber, Log> logs_;
  std::map<execute::CallId, Flight> flights_;
  std::vector<SentCounts> sent_;           // By witness.
  std::vector<std::int64_t> cosigned_at_;  // By witness.

  mutable std::mutex mutex_;
  Report report_;  // Guarded by mutex_.
  std::atomic<bool> is_stopping_ = false;
  std::thread thread_;  // Last: it uses everything above.
};

}  // namespace assent::witness
