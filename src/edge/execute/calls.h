// Outgoing HTTP calls, several at a time on one thread: libcurl's multi interface.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace assent::execute {

struct CallRequest {
  std::string url;
  std::vector<std::string> headers;  // `Name: value`.
  std::string content_type = "application/json";
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
  std::string content_type;  // As received; empty where there was none.
  std::string body;
};

// One of those that an object of Calls began.
using CallId = std::uint64_t;

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
    CallId id = 0;
    CallReply reply;
  };

  CallId begin(CallRequest request);
  // Those that finished, after waiting at most so long for one.
  std::vector<Finished> wait(std::chrono::milliseconds most);
  void wake();  // Ends a wait().
  std::size_t count() const { return calls_.size(); }

 private:
  struct Call;
  Finished finish(void* easy, int code);

  void* multi_;  // CURLM.
  CallId last_ = 0;
  std::map<void*, std::unique_ptr<Call>> calls_;  // By CURL handle.
};

}  // namespace assent::execute
