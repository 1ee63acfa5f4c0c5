// A server with a handler that echoes, and a raw client: for the tests of this folder. The client
// writes bytes, because a well-behaved library could not send what these tests are about.
#pragma once

#include "base/testing_wait.h"
#include "edge/net/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <future>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace assent::net {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// A client that speaks bytes, so that a test can say what no library would.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto* any = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    connected_ = ::connect(socket_, any, sizeof address) == 0;
  }
  ~Client() { leave(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return connected_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void leave() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  // The next response, whole, its body by its Content-Length; empty if the server closed first.
  std::string response(std::string_view method = "GET") {
    std::size_t end = 0;
    while ((end = read_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return {};
    }
    end += 4;
    const std::size_t length = read_.find("Content-Length: ");
    if (method != "HEAD" && length < end) end += std::stoul(read_.substr(length + 16));
    while (read_.size() < end) {
      if (!read_more()) return {};
    }
    const std::string response = read_.substr(0, end);
    read_.erase(0, end);
    return response;
  }
  // Whatever still comes until the server closes.
  std::string rest() {
    while (read_more()) {
    }
    return std::exchange(read_, {});
  }
  // Whether the server sends or closes within that time.
  bool hears_within(std::chrono::milliseconds time) {
    pollfd poll{socket_, POLLIN, 0};
    return ::poll(&poll, 1, static_cast<int>(time.count())) > 0;
  }

 private:
  bool read_more() {
    if (!hears_within(kPatience)) {
      ADD_FAILURE() << "The server has said nothing for two minutes.";
      return false;
    }
    char bytes[65536];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    read_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  bool connected_ = false;
  std::string read_;
};

// Answers with what it was asked. `/later` is kept for answer_kept(), `/thread` is answered from
// another thread, `/refuse` is refused by its head, `/trap` gets a header nobody should send.
class Echo : public Handler {
 public:
  static constexpr std::size_t kBodyBytesMax = 1000;

  ~Echo() override {
    for (auto& thread : threads_) thread.join();
  }

  void handle(Request request, Respond respond) override {
    if (request.target == "/later") {
      const std::lock_guard lock(mutex_);
      kept_.push_back(std::move(respond));
      return;
    }
    if (request.target == "/thread") {
      const std::lock_guard lock(mutex_);
      threads_.emplace_back([respond = std::move(respond)] {
        respond({.headers = {}, .body = "from afar"});
        respond({.headers = {}, .body = "twice"});
      });
      return;
    }
    Response response;
    if (request.target == "/empty") response.status = 204;
    if (request.target == "/trap") response.headers.emplace_back("X-Trap", "a\r\nSet-Cookie: b");
    if (request.target == "/large") {
      response.body.assign(8 << 20, 'x');
    } else {
      response.headers.emplace_back("X-Host", request.header("HOST").value_or("-"));
      response.headers.emplace_back("X-Trailers", std::to_string(request.count("x-trailer")));
      response.body = request.method + " " + request.target + " " + request.body;
    }
    respond(std::move(response));
    respond({.headers = {}, .body = "twice"});
  }

  BodyLimit body_limit(const Request& head) override {
    if (head.target == "/refuse") return {0, Response{403, {}, "refused"}};
    if (head.target == "/generous") return {64 << 20, std::nullopt};
    return {kBodyBytesMax, std::nullopt};
  }

  Response protocol_error(int status) override {
    return {status, {{"X-Error", "yes"}}, "error " + std::to_string(status)};
  }

  std::size_t kept() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  void await_kept(std::size_t count) {
    EXPECT_TRUE(eventually([&] { return kept() >= count; }));
  }
  void answer_kept(const std::string& body) {
    std::vector<Respond> kept;
    {
      const std::lock_guard lock(mutex_);
      kept.swap(kept_);
    }
    for (const Respond& respond : kept) respond({.headers = {}, .body = body});
  }

 private:
  std::mutex mutex_;
  std::vector<Respond> kept_;         // Guarded by mutex_.
  std::vector<std::thread> threads_;  // Guarded by mutex_.
};

// A server that runs until the end of the test.
class Running {
 public:
  explicit Running(Server::Options options = {}) {
    if (options.threads == 0) options.threads = 2;
    auto listening = Server::listen(options, handler);
    CHECK(listening.has_value());
    server = std::move(listening).value();
    thread_ = std::thread([this] { server->run(); });
  }
  ~Running() { stop(); }

  void stop() {
    if (server) server->stop();
    if (thread_.joinable()) thread_.join();
  }

  // What the server says to these bytes on a connection of their own, until it closes.
  std::string answer_to(std::string_view bytes) {
    Client client(server->port());
    client.send(bytes);
    return client.rest();
  }

  Echo handler;
  std::unique_ptr<Server> server;

 private:
  std::thread thread_;
};

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetLater = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";

inline int status_of(std::string_view response) {
  return response.size() < 12 ? 0 : std::stoi(std::string(response.substr(9, 3)));
}

inline std::string body_of(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return std::string(end == std::string_view::npos ? response : response.substr(end + 4));
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// A GET whose head has `size` bytes.
inline std::string get_of_size(std::size_t size) {
  const std::string begin = "GET /a HTTP/1.1\r\nHost: h\r\nX-Padding: ";
  return begin + std::string(size - begin.size() - 4, 'p') + "\r\n\r\n";
}

}  // namespace assent::net
