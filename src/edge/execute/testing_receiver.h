// An HTTP receiver on a free port of this machine, for the tests of this folder.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace assent::execute {

struct Received {
  std::string head;
  std::string body;

  std::string header(const std::string& name) const;
};

class Receiver {
 public:
  // What to answer, as bytes; nothing closes the connection without an answer.
  using Answer = std::function<std::string(const Received&)>;

  explicit Receiver(Answer answer);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string url() const;
  std::vector<Received> received() const;

 private:
  void run();
  void serve(int connection);

  Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<Received> received_;  // Guarded by mutex_.
  std::thread thread_;              // Last: it uses everything above.
};

// A whole answer with this status and body.
std::string http_answer(int status, const std::string& body = {});

}  // namespace assent::execute
