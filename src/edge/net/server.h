// The HTTP/1.1 server: sockets in, Request and Respond out.
//
// Every io thread has its own event loop and its own listening socket on the same port
// (SO_REUSEPORT), so that a connection belongs to one thread for life and needs no lock.
#pragma once

#include "base/result.h"
#include "edge/net/message.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace assent::net {

class Loop;

// Listens from listen() on; answers while run() runs.
class Server {
  struct Private {
    explicit Private() = default;
  };

 public:
  struct Options {
    std::string host = "127.0.0.1";  // An IPv4 or IPv6 address, or `localhost`. `::` is both.
    std::uint16_t port = 0;          // 0: any free port, see port().
    std::size_t threads = 0;         // 0: one for each core.

    // A connection beyond these is answered with 503 and closed.
    std::size_t connections_max = 10'000;
    // Request line and headers with the empty line; beyond, 431.
    std::size_t head_bytes_max = 16 * 1024;

    // Each is for the whole of what it names, not for one read or write, so that a peer which
    // sends a byte now and then gains nothing. They are noticed up to a quarter late, but at
    // most half a second.
    std::chrono::milliseconds head_timeout{10'000};   // From the first byte of a request.
    std::chrono::milliseconds body_timeout{30'000};   // And per_mebibyte for each it may bring.
    std::chrono::milliseconds write_timeout{30'000};  // And per_mebibyte for each of the response.
    std::chrono::milliseconds per_mebibyte{2'000};
    std::chrono::milliseconds idle_timeout{75'000};  // Between requests, and before the first.

    // How long stop() waits for requests that are under way.
    std::chrono::milliseconds drain{10'000};
  };

  // A server that holds its port. Error: Code::validation_error for a host that is no address,
  // Code::unavailable if the port cannot be had (it is in use, or not ours to take).
  // REQUIRES: `handler` outlives the server.
  static Result<std::unique_ptr<Server>> listen(Options options, Handler& handler);

  Server(Private, Options options, Handler& handler);  // Use listen().
  ~Server();                                           // REQUIRES: run() is not running.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

  // Serves until stop() has been called and the connections are done. The calling thread is one
  // of the io threads. REQUIRES: called at most once.
  void run();

  // Asks run() to return: no new connection is accepted, idle ones close at once, requests under
  // way are answered for Options::drain at most and then cut off. Returns at once; thread-safe,
  // any number of times, also before run(); not for signal handlers.
  void stop();

 private:
  Result<void> open();

  const Options options_;
  Handler& handler_;
  std::atomic<std::size_t> connections_ = 0;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Loop>> loops_;  // Last: they use everything above.
};

}  // namespace assent::net
