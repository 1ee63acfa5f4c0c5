// One io thread's share of the server. Private to edge/net.
#pragma once

#include "base/result.h"
#include "edge/net/message.h"
#include "edge/net/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace assent::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// The executor by its type: any_io_executor would cost an indirect call at each of its uses.
using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using SteadyClock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using UseAwaitable = asio::use_awaitable_t<Executor>;
template <class T>
using Task = asio::awaitable<T, Executor>;

constexpr asio::as_tuple_t<UseAwaitable> as_values{UseAwaitable{}};  // Errors are values here.

class Loop;
class Session;

// Names one request of one connection: the slot is used again, the exchange never.
struct Ticket {
  std::size_t slot = 0;
  std::uint64_t exchange = 0;
};

// Where answers wait for the io thread that writes them. Thread-safe.
//
// Waking an io thread is a system call, so only the first answer into an empty mailbox does it:
// the hundreds that one commit of the writer releases arrive with one. Shared with every Respond
// (hence a shared_ptr), because a Respond may outlive the server; then it finds the box closed.
class Mailbox {
 public:
  struct Letter {
    Ticket ticket;
    Response response;
  };

  explicit Mailbox(Loop& loop) : loop_(&loop) {}

  // From now on the calling thread is the loop's.
  void attach() { owner_ = std::this_thread::get_id(); }
  void put(Ticket ticket, Response response);
  // Exchanges the waiting letters for `empty`.
  void collect(std::vector<Letter>& empty);
  void close();

 private:
  std::thread::id owner_;  // Set before the first Respond exists.
  std::mutex mutex_;
  Loop* loop_;                   // Guarded by mutex_. Null when closed.
  std::vector<Letter> letters_;  // Guarded by mutex_.
};

// Whether sockets of other threads may have the same port.
enum class PortUse { alone, shared };

error_code bind_port(Acceptor& acceptor, const tcp::endpoint& endpoint, PortUse use);

// An io_context, its listening socket and the connections that came in through it.
//
// Everything but stop() belongs to the thread of run().
class Loop {
 public:
  Loop(const Server::Options& options, Handler& handler, std::atomic<std::size_t>& connections);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Takes the port; returns which.
  Result<std::uint16_t> open(const tcp::endpoint& endpoint);
  void run();
  void stop();  // Thread-safe.

  // For sessions.
  const Server::Options& options() const { return options_; }
  Handler& handler() { return handler_; }
  bool is_stopping() const { return stopping_; }
  std::string_view date() const { return date_; }  // As HTTP writes it, at most a tick old.
  std::size_t enter(Session& session);             // Returns the session's slot.
  void leave(std::size_t slot);
  std::uint64_t next_exchange() { return ++exchanges_; }
  Respond respond_to(Ticket ticket);

  // For the mailbox. Gives the answer to a session that is still inside its handler call;
  // false if it is not, or the ticket is no longer valid.
  bool answer_within_call(Ticket ticket, Response& response);
  void wake();  // Thread-safe.

 private:
  Task<void> accept();
  Task<void> watch();
  void admit(Socket socket);
  void deliver();
  void begin_drain();
  Session* holder_of(Ticket ticket) const;

  const Server::Options& options_;
  Handler& handler_;
  std::atomic<std::size_t>& connections_;  // Of all loops.
  const SteadyClock::duration tick_;

  asio::io_context context_{1};  // One thread runs it.
  Acceptor acceptor_;
  Timer retry_;
  Timer ticker_;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<Mailbox::Letter> letters_;  // Being delivered; kept for its capacity.

  std::vector<Session*> slots_;  // Null where free.
  std::vector<std::size_t> free_slots_;
  std::size_t turned_away_ = 0;  // Sessions that only say 503.
  std::uint64_t exchanges_ = 0;
  std::string date_;
  bool stopping_ = false;
  SteadyClock::time_point cut_off_ = SteadyClock::time_point::max();
};

}  // namespace assent::net
