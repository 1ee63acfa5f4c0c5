#include "edge/net/server.h"

#include "edge/net/loop.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace assent::net {
namespace {

Result<asio::ip::address> parse_host(std::string_view host) {
  if (host == "localhost") return asio::ip::address(asio::ip::address_v4::loopback());
  std::string_view bare = host;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  error_code error;
  const auto address = asio::ip::make_address(std::string(bare), error);
  if (error) {
    return Error{
        Code::validation_error,
        "The host to listen on is neither an IP address nor localhost: " + std::string(host)};
  }
  return address;
}

// Whether somebody else has the port. With SO_REUSEPORT alone, a second server of the same user
// would not fail: the kernel would give each of the two half of the connections.
error_code find_rival(const tcp::endpoint& endpoint) {
  asio::io_context context;
  Acceptor probe(context.get_executor());
  return bind_port(probe, endpoint, PortUse::alone);
}

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(Options options, Handler& handler) {
  auto server = std::make_unique<Server>(Private(), std::move(options), handler);
  if (auto opened = server->open(); !opened) return std::move(opened).error();
  return server;
}

Server::Server(Private, Options options, Handler& handler)
    : options_(std::move(options)), handler_(handler) {}

Server::~Server() = default;

Result<void> Server::open() {
  const auto address = parse_host(options_.host);
  if (!address) return address.error();
  const auto failure = [this](const std::string& why) {
    return Error{Code::unavailable, "Cannot listen on " + options_.host + " port " +
                                        std::to_string(options_.port) + ": " + why + "."};
  };

  port_ = options_.port;
  if (port_ != 0) {
    const error_code error = find_rival(tcp::endpoint(*address, port_));
    if (error) return failure(error.message());
  }
  const std::size_t threads = options_.threads != 0
                                  ? options_.threads
                                  : std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  for (std::size_t i = 0; i < threads; ++i) {
    auto loop = std::make_unique<Loop>(options_, handler_, connections_);
    const auto port = loop->open(tcp::endpoint(*address, port_));
    if (!port) return failure(port.error().detail);
    port_ = *port;
    loops_.push_back(std::move(loop));
  }
  return {};
}

void Server::run() {
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < loops_.size(); ++i) {
    threads.emplace_back([this, i] { loops_[i]->run(); });
  }
  loops_[0]->run();
  for (auto& thread : threads) thread.join();
}

void Server::stop() {
  for (const auto& loop : loops_) loop->stop();
}

}  // namespace assent::net
