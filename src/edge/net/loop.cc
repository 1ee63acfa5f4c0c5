#include "edge/net/loop.h"

#include "base/log.h"
#include "base/time.h"
#include "edge/net/session.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <sys/socket.h>
#include <utility>

namespace assent::net {
namespace {

using namespace std::chrono_literals;

constexpr auto kAcceptRetry = 100ms;
// Connections over the maximum that may wait for their 503 at once; the others just close.
constexpr std::size_t kTurnedAwayMax = 64;

// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7). By hand: strftime asks the locale.
std::string http_date(Timestamp at) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  char text[64];
  const int size = std::snprintf(
      text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  return std::string(text, static_cast<std::size_t>(size));
}

// Deadlines are noticed by one look at all connections every tick, not by a timer for each.
SteadyClock::duration tick_for(const Server::Options& options) {
  const auto shortest = std::min({options.head_timeout, options.body_timeout, options.write_timeout,
                                  options.idle_timeout, options.drain});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, 5ms, 500ms);
}

Task<void> serve_connection(Loop& loop, Socket socket) {
  Session session(loop, std::move(socket));
  co_await session.serve();
}

Task<void> turn_away_connection(Loop& loop, Socket socket) {
  Session session(loop, std::move(socket));
  co_await session.turn_away();
}

// A coroutine of ours ends by an exception only if memory is out or the handler throws. The one
// connection is lost; what is shared is not in doubt.
void log_failure(const std::exception_ptr& failure) {
  if (failure) log_line(LogLevel::error, "http.connection_failed");
}

}  // namespace

error_code bind_port(Acceptor& acceptor, const tcp::endpoint& endpoint, PortUse use) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  // Connections of the previous process that are in TIME_WAIT do not keep the port from us.
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
  }
  if (error) return error;
  if (use == PortUse::shared) {
    const int on = 1;
    ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  acceptor.bind(endpoint, error);
  return error;
}

void Mailbox::put(Ticket ticket, Response response) {
  std::unique_lock lock(mutex_);
  if (!loop_) return;
  if (std::this_thread::get_id() == owner_) {
    Loop& loop = *loop_;  // Only this thread closes the box.
    lock.unlock();
    if (loop.answer_within_call(ticket, response)) return;
    lock.lock();
  }
  letters_.push_back({ticket, std::move(response)});
  // Under the lock, so that the loop cannot be gone; once for the whole batch.
  if (letters_.size() == 1) loop_->wake();
}

void Mailbox::collect(std::vector<Letter>& empty) {
  const std::lock_guard lock(mutex_);
  letters_.swap(empty);
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
  letters_.clear();
}

Loop::Loop(const Server::Options& options, Handler& handler, std::atomic<std::size_t>& connections)
    : options_(options),
      handler_(handler),
      connections_(connections),
      tick_(tick_for(options)),
      acceptor_(context_.get_executor()),
      retry_(context_.get_executor()),
      ticker_(context_.get_executor()),
      mailbox_(std::make_shared<Mailbox>(*this)),
      date_(http_date(SystemClock().now())) {}

Loop::~Loop() = default;

Result<std::uint16_t> Loop::open(const tcp::endpoint& endpoint) {
  error_code error = bind_port(acceptor_, endpoint, PortUse::shared);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  const tcp::endpoint bound = error ? endpoint : acceptor_.local_endpoint(error);
  if (error) return Error{Code::unavailable, error.message()};
  return bound.port();
}

void Loop::run() {
  mailbox_->attach();
  asio::co_spawn(context_.get_executor(), accept(), log_failure);
  asio::co_spawn(context_.get_executor(), watch(), log_failure);
  context_.run();
  mailbox_->close();
}

void Loop::stop() {
  asio::post(context_, [this] {
    if (!stopping_) begin_drain();
  });
}

void Loop::begin_drain() {
  stopping_ = true;
  cut_off_ = SteadyClock::now() + options_.drain;
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  for (Session* session : slots_) {
    if (session) session->close_if_idle();
  }
  ticker_.cancel();  // watch() may have nothing left to wait for.
}

Task<void> Loop::accept() {
  for (bool failing = false; !stopping_;) {
    auto [error, socket] = co_await acceptor_.async_accept(as_values);
    if (stopping_) co_return;
    if (!error) {
      admit(std::move(socket));
      failing = false;
      continue;
    }
    if (error == asio::error::connection_aborted) continue;

    // Out of descriptors or memory. The connection stays in the queue, so to try again at once
    // would turn in circles; one log line tells of the whole streak.
    if (!failing) log_line(LogLevel::warning, "http.accept_failed", {{"error", error.message()}});
    failing = true;
    retry_.expires_after(kAcceptRetry);
    co_await retry_.async_wait(as_values);
  }
}

void Loop::admit(Socket socket) {
  if (connections_.fetch_add(1, std::memory_order_relaxed) < options_.connections_max) {
    asio::co_spawn(context_.get_executor(), serve_connection(*this, std::move(socket)),
                   [this](const std::exception_ptr& failure) {
                     connections_.fetch_sub(1, std::memory_order_relaxed);
                     log_failure(failure);
                   });
    return;
  }
  connections_.fetch_sub(1, std::memory_order_relaxed);
  if (turned_away_ >= kTurnedAwayMax) return;
  ++turned_away_;
  asio::co_spawn(context_.get_executor(), turn_away_connection(*this, std::move(socket)),
                 [this](const std::exception_ptr& failure) {
                   --turned_away_;
                   log_failure(failure);
                 });
}

// Until the last session has left a stopping loop, which is what lets run() return.
Task<void> Loop::watch() {
  while (!stopping_ || free_slots_.size() < slots_.size()) {
    ticker_.expires_after(tick_);
    co_await ticker_.async_wait(as_values);

    date_ = http_date(SystemClock().now());
    const auto now = SteadyClock::now();
    // By index: an aborted session leaves its slot at once.
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (!slots_[slot]) continue;
      if (now >= cut_off_) {
        slots_[slot]->abort();
      } else {
        slots_[slot]->expire_if_due(now);
      }
    }
  }
}

std::size_t Loop::enter(Session& session) {
  if (free_slots_.empty()) {
    slots_.push_back(&session);
    return slots_.size() - 1;
  }
  const std::size_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot] = &session;
  return slot;
}

void Loop::leave(std::size_t slot) {
  slots_[slot] = nullptr;
  free_slots_.push_back(slot);
  if (stopping_ && free_slots_.size() == slots_.size()) ticker_.cancel();
}

Respond Loop::respond_to(Ticket ticket) {
  return [mailbox = mailbox_, ticket](Response response) {
    mailbox->put(ticket, std::move(response));
  };
}

Session* Loop::holder_of(Ticket ticket) const {
  Session* session = slots_[ticket.slot];
  return session && session->awaits(ticket.exchange) ? session : nullptr;
}

bool Loop::answer_within_call(Ticket ticket, Response& response) {
  Session* session = holder_of(ticket);
  if (!session || !session->is_in_handler()) return false;
  session->take(std::move(response));
  return true;
}

void Loop::wake() {
  asio::post(context_, [this] { deliver(); });
}

void Loop::deliver() {
  mailbox_->collect(letters_);
  for (auto& [ticket, response] : letters_) {
    Session* session = holder_of(ticket);
    if (!session) continue;  // The connection has gone, or this was said twice.
    session->take(std::move(response));
    session->resume();
  }
  letters_.clear();
}

}  // namespace assent::net
