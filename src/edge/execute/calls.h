// Outgoing HTTP calls, several at a time on one thread: libcurl's multi interface.
#pragma once

#include "base/id.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace assent::execute {

struct CallRequest {
  std::string url;
  std::vector<std::string> headers;  // `Name: value`.
  std::string body;
  std::chrono::seconds timeout{30};  // For everything, from the name's look-up to the last byte.
};

// What came of a call. Whether it may have had an effect is what matters: it has none for certain
// only if nothing was sent.
struct CallReply {
  bool was_sent = false;     // Any byte of the request.
  std::string fault;         // What broke; empty if an answer came whole.
  bool is_too_long = false;  // The answer, which was then not read to its end.
  long status = 0;           // 0 where no answer began.
  std::string body;
};

// An answer is read up to here.
inline constexpr std::size_t kReplyBytesMax = 1048576;

// Not thread-safe but for wake(). POST only; follows no redirect, keeps no connection and no
// cookie, uses no proxy and sends nothing twice.
class Calls {
 public:
  Calls();
  ~Calls();  // Breaks off what is on its way.
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  struct Finished {
    ExecutionId id;
    CallReply reply;
  };

  void begin(const ExecutionId& id, CallRequest request);
  // Those that finished, after waiting at most so long for one.
  std::vector<Finished> wait(std::chrono::milliseconds most);
  void wake();  // Ends a wait().
  std::size_t count() const { return calls_.size(); }

 private:
  struct Call;
  Finished finish(void* easy, int code);

  void* multi_;                                   // CURLM.
  std::map<void*, std::unique_ptr<Call>> calls_;  // By CURL handle.
};

}  // namespace assent::execute
