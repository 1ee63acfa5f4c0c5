// The HTTP face of a witness, in front of the rest of the server: `POST /witness/add-checkpoint`
// and `GET /witness/<hex SHA-256 of the origin>/checkpoint`. What is neither goes on.
#pragma once

#include "edge/net/message.h"
#include "edge/witness/witness.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace assent::witness {

// Thread-safe.
class Pages final : public net::Handler {
 public:
  // Both must outlive this.
  Pages(Witness& witness, net::Handler& rest);
  ~Pages() override;  // Answers what waits. REQUIRES: no call of handle() is under way.
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  void handle(net::Request request, net::Respond respond) override;
  BodyLimit body_limit(const net::Request& head) override;
  net::Response protocol_error(int status) override { return rest_.protocol_error(status); }

 private:
  struct Waiting {
    std::string body;
    std::string origin_hash;  // Empty: it is a submission.
    net::Respond respond;
  };

  void run();

  Witness& witness_;
  net::Handler& rest_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Waiting> waiting_;  // Guarded by mutex_.
  bool is_closing_ = false;      // Guarded by mutex_.
  std::thread thread_;           // Last: it uses everything above.
};

}  // namespace assent::witness
