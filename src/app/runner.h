// Runs an operation: authorisation, idempotency, preparation, the job, the answer. Everything that
// no operation may forget is here, once.
#pragma once

#include "app/operation.h"
#include "base/result.h"
#include "store/store.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace assent::app {

struct Invocation {
  const Operation* operation = nullptr;  // Never null.
  std::unique_ptr<Call> call;
  Caller caller;
  TraceId trace;
  std::optional<std::string> idempotency_key;  // As unquoted text; POST only.
  bool wants_receipt = false;                  // Not of a GET.
  Hash fingerprint{};  // Of route parameters, query and body; what "the same request" means.
};

struct Completed {
  Result<Answer> answer;
  TraceId trace;  // The original call's, where this is a replay.
  bool is_replay = false;
  bool wanted_receipt = false;
};

// Thread-safe. `done` is called exactly once, possibly before run() returns, on any thread, and
// must not block.
class Runner {
 public:
  explicit Runner(store::Store& store) : store_(store) {}
  void run(Invocation invocation, std::function<void(Completed)> done);

 private:
  store::Store& store_;
};

}  // namespace assent::app
