// One connection. Private to edge/net.
#pragma once

#include "edge/net/loop.h"
#include "edge/net/message.h"

#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent::net {

struct Exchange;

// Reads requests, asks the handler, writes the answers, in order, until either side closes.
// Everything happens on the thread of its loop.
class Session {
 public:
  Session(Loop& loop, Socket socket);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Task<void> serve();
  Task<void> turn_away();  // Answers 503, whatever is asked.

  // For the loop.
  bool awaits(std::uint64_t exchange) const { return exchange_ == exchange && !answer_; }
  bool is_in_handler() const { return in_handler_; }
  void take(Response response) { answer_ = std::move(response); }  // REQUIRES: awaits().
  void resume();                                                   // After take().
  void expire_if_due(SteadyClock::time_point now);
  void close_if_idle();
  void abort();

 private:
  using Resumption = asio::async_result<UseAwaitable, void()>::handler_type;
  enum class Arrival : int;
  enum class Ending { keep_alive, keep_alive_said, close };

  Task<Arrival> receive_head(Exchange& exchange);
  Arrival examine(Exchange& exchange);
  Task<Arrival> receive_body(Exchange& exchange);
  Task<bool> fill(std::size_t bytes);
  void ask(Request request);
  Task<void> wait_for_answer();
  bool is_last(const Exchange& exchange, Arrival arrival) const;
  void compose_head(const Response& response, Ending ending);
  std::size_t send_at_once(std::string_view body);
  Task<bool> send_rest(std::string_view body, std::size_t sent);
  Task<void> linger();

  std::array<asio::const_buffer, 2> unsent(std::string_view body, std::size_t sent) const;
  std::string_view buffered() const;
  void skip_empty_lines();
  void expire_after(SteadyClock::duration duration);
  void expire();
  SteadyClock::duration time_for(std::uint64_t bytes) const;

  Loop& loop_;
  const std::size_t slot_;
  Socket socket_;
  boost::beast::flat_buffer buffer_;  // What has been read beyond the present request.
  std::string head_;                  // Of the response; kept for its capacity.

  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  bool expired_ = false;  // The deadline has passed, and no new one been set.
  bool idle_ = false;     // Waiting for the first byte of a request.
  bool aborted_ = false;

  std::uint64_t exchange_ = 0;  // 0: no answer is due.
  bool in_handler_ = false;
  std::optional<Response> answer_;
  std::optional<Resumption> resumption_;  // Of wait_for_answer().
};

}  // namespace assent::net
