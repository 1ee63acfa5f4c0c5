#include "edge/net/session.h"

#include "base/log.h"
#include "edge/net/head.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace assent::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kReadBytes = 8 * 1024;
constexpr std::size_t kBodyReadBytesMax = 64 * 1024;
// `0 CRLF CRLF`, the shortest that is left of a chunked body whenever it is not complete. Beast
// 1.81 asserts this many bytes of a last chunk it has begun (basic_parser::parse_chunk_header),
// so a peer who sends them one by one would stop the process.
constexpr std::size_t kChunkedBytesMin = 5;
// How long, and how many bytes, a peer may go on sending after our last word.
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kLingerBytesMax = 16 * 1024 * 1024;

// Fills a Request, without Beast's own message types in between.
class RequestParser final : public http::basic_parser<true> {
 public:
  explicit RequestParser(Request& request) : request_(request) {
    header_limit(UINT32_MAX);  // HeadScanner has limited it.
    body_limit(boost::none);   // Known only after the head.
  }

  // Whether this head has exactly one meaning. Makes the target origin form.
  bool settle_head() {
    if (!is_method(request_.method)) return false;
    if (hosts_ > 1 || (hosts_ == 0 && version_ == 11)) return false;
    // A length twice, even the same one, is how smuggling begins; so is a coding that we would
    // have to skip. Chunked with a length, Beast refuses.
    if (lengths_ > 1 || codings_ > 1) return false;
    if (codings_ == 1 && (!chunked() || version_ == 10 || !is_plainly_chunked_)) return false;

    auto target = read_target(request_.method, request_.target);
    if (!target) return false;
    request_.target = std::move(target->origin_form);
    for (auto& [name, value] : request_.headers) {
      if (!beast::iequals(name, "Host")) continue;
      if (!is_host(value)) return false;
      if (target->authority) value = *target->authority;
    }
    return true;
  }

  bool expects_continue() const { return expects_continue_ && version_ == 11; }
  bool is_version_10() const { return version_ == 10; }

  // How much to read next.
  std::size_t wanted() const {
    const auto remaining = content_length_remaining();
    if (!remaining) return kReadBytes;
    return std::clamp<std::uint64_t>(*remaining, kReadBytes, kBodyReadBytesMax);
  }

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                       int version, beast::error_code&) override {
    request_.method.assign(method.data(), method.size());
    request_.target.assign(target.data(), target.size());
    request_.headers.reserve(12);
    version_ = version;
  }

  void on_field_impl(http::field field, beast::string_view name, beast::string_view value,
                     beast::error_code&) override {
    if (head_is_done_) return;  // A trailer. It came too late to say anything about the request.
    if (field == http::field::host) ++hosts_;
    if (field == http::field::content_length) ++lengths_;
    if (field == http::field::transfer_encoding) {
      ++codings_;
      is_plainly_chunked_ = beast::iequals(value, "chunked");
    }
    if (field == http::field::expect) expects_continue_ = beast::iequals(value, "100-continue");
    request_.headers.emplace_back(name, value);
  }

  void on_header_impl(beast::error_code&) override { head_is_done_ = true; }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         beast::error_code&) override {
    // A promise is not a body: reserve no more than the peer would have to send anyway soon.
    if (length) request_.body.reserve(std::min<std::uint64_t>(*length, kBodyReadBytesMax));
  }

  std::size_t on_body_impl(beast::string_view bytes, beast::error_code&) override {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes,
                                 beast::error_code&) override {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  void on_finish_impl(beast::error_code&) override {}

  Request& request_;
  int version_ = 11;
  int hosts_ = 0;
  int lengths_ = 0;
  int codings_ = 0;
  bool is_plainly_chunked_ = false;
  bool expects_continue_ = false;
  bool head_is_done_ = false;
};

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

struct Exchange {
  Request request;
  RequestParser parser{request};
  SteadyClock::duration time_for_body{};
};

// How the arrival of a request ended. The number is the status to answer with, if it is one.
enum class Session::Arrival : int {
  whole = 0,
  gone = 1,     // The peer left, or said nothing: there is nobody to answer.
  refused = 2,  // By the handler, on its head; answer_ is the answer.
  malformed = 400,
  late = 408,
  body_too_large = 413,
  head_too_large = 431,
};

Session::Session(Loop& loop, Socket socket)
    : loop_(loop), slot_(loop.enter(*this)), socket_(std::move(socket)) {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);  // So that send() can try before it waits.
}

Session::~Session() {
  loop_.leave(slot_);
}

Task<void> Session::serve() {
  for (bool last = false; !last && !loop_.is_stopping();) {
    Exchange exchange;
    Arrival arrival = co_await receive_head(exchange);
    if (arrival == Arrival::whole) arrival = examine(exchange);
    if (arrival == Arrival::whole && !exchange.parser.is_done()) {
      arrival = co_await receive_body(exchange);
    }
    if (arrival == Arrival::gone) co_return;

    const bool wants_body = exchange.request.method != "HEAD";
    if (arrival == Arrival::whole) {
      ask(std::move(exchange.request));
      if (!answer_ && !aborted_) co_await wait_for_answer();
      exchange_ = 0;
      if (!answer_) co_return;
    } else if (arrival != Arrival::refused) {
      answer_ = loop_.handler().protocol_error(static_cast<int>(arrival));
    }
    const Response response = *std::exchange(answer_, std::nullopt);

    last = is_last(exchange, arrival);
    Ending ending = Ending::close;
    if (!last) {
      ending = exchange.parser.is_version_10() ? Ending::keep_alive_said : Ending::keep_alive;
    }
    compose_head(response, ending);
    std::string_view body;
    if (wants_body && response.status != 204 && response.status != 304) body = response.body;
    const std::size_t sent = send_at_once(body);
    if (sent < head_.size() + body.size()) {
      const bool all_sent = co_await send_rest(body, sent);
      if (!all_sent) co_return;
    }
  }
  co_await linger();
}

Task<void> Session::turn_away() {
  const Response response = loop_.handler().protocol_error(503);
  compose_head(response, Ending::close);
  const bool sent = co_await send_rest(response.body, 0);
  if (sent) co_await linger();
}

Task<Session::Arrival> Session::receive_head(Exchange& exchange) {
  const std::size_t size_max = loop_.options().head_bytes_max;
  if (buffer_.size() == 0 && buffer_.capacity() > kReadBytes) buffer_.shrink_to_fit();

  idle_ = true;
  expire_after(loop_.options().idle_timeout);
  for (;;) {
    skip_empty_lines();
    if (!buffered().empty() && buffered() != "\r") break;
    const bool filled = co_await fill(kReadBytes);
    if (!filled) co_return Arrival::gone;
  }
  idle_ = false;

  HeadScanner scanner;
  for (bool is_timed = false;;) {
    const auto verdict = scanner.scan(buffered());
    if (verdict == HeadScanner::Verdict::whole) break;
    if (verdict == HeadScanner::Verdict::malformed) co_return Arrival::malformed;
    if (buffer_.size() >= size_max) co_return Arrival::head_too_large;

    if (!is_timed) expire_after(loop_.options().head_timeout);
    is_timed = true;
    const bool filled = co_await fill(kReadBytes);
    if (!filled) co_return expired_ ? Arrival::late : Arrival::gone;
  }
  deadline_ = SteadyClock::time_point::max();
  if (scanner.size() > size_max) co_return Arrival::head_too_large;

  error_code error;
  exchange.parser.put(asio::const_buffer(buffered().data(), scanner.size()), error);
  buffer_.consume(scanner.size());
  if (error || !exchange.parser.is_header_done()) co_return Arrival::malformed;
  co_return exchange.parser.settle_head() ? Arrival::whole : Arrival::malformed;
}

// Asks the handler how much of a body there may be.
Session::Arrival Session::examine(Exchange& exchange) {
  auto limit = loop_.handler().body_limit(exchange.request);
  if (limit.refusal) {
    answer_ = std::move(limit.refusal);
    return Arrival::refused;
  }
  const auto length = exchange.parser.content_length();
  if (length && *length > limit.bytes) return Arrival::body_too_large;
  exchange.parser.body_limit(limit.bytes);
  exchange.time_for_body = time_for(length ? *length : limit.bytes);
  return Arrival::whole;
}

Task<Session::Arrival> Session::receive_body(Exchange& exchange) {
  RequestParser& parser = exchange.parser;
  parser.eager(true);

  if (parser.expects_continue() && buffer_.size() == 0) {
    head_ = "HTTP/1.1 100 Continue\r\n\r\n";
    const bool sent = co_await send_rest({}, 0);
    if (!sent) co_return Arrival::gone;
  }
  expire_after(loop_.options().body_timeout + exchange.time_for_body);

  const std::size_t bytes_min = parser.chunked() ? kChunkedBytesMin : 1;
  while (!parser.is_done()) {
    error_code error = http::error::need_more;
    if (buffer_.size() >= bytes_min) {
      buffer_.consume(parser.put(buffer_.data(), error));
    }
    if (error == http::error::body_limit) co_return Arrival::body_too_large;
    if (error && error != http::error::need_more) co_return Arrival::malformed;
    if (!error) continue;

    // What is left is the line of a chunk or trailers, and they have no business being long.
    if (buffer_.size() > loop_.options().head_bytes_max) co_return Arrival::malformed;
    const bool filled = co_await fill(parser.wanted());
    if (!filled) co_return expired_ ? Arrival::late : Arrival::gone;
  }
  deadline_ = SteadyClock::time_point::max();
  co_return Arrival::whole;
}

// Waits for more bytes. False if the peer is gone, or the deadline has passed: then expired_.
Task<bool> Session::fill(std::size_t bytes) {
  // The deadline may have passed just when the previous bytes came.
  if (expired_) co_return false;
  const auto [error, count] =
      co_await socket_.async_read_some(asio::buffer(buffer_.prepare(bytes)), as_values);
  buffer_.commit(count);
  co_return !error;
}

// Hands the request over. If the handler answers within the call, answer_ is there already.
void Session::ask(Request request) {
  exchange_ = loop_.next_exchange();
  in_handler_ = true;
  loop_.handler().handle(std::move(request), loop_.respond_to({slot_, exchange_}));
  in_handler_ = false;
}

Task<void> Session::wait_for_answer() {
  const UseAwaitable token;
  co_await asio::async_initiate<const UseAwaitable, void()>(
      [this](auto resumption) { resumption_.emplace(std::move(resumption)); }, token);
}

void Session::resume() {
  if (!resumption_) return;
  Resumption resumption = std::move(*resumption_);
  resumption_.reset();
  std::move(resumption)();  // May be the end of this session.
}

// Whether the connection closes after this answer.
bool Session::is_last(const Exchange& exchange, Arrival arrival) const {
  if (arrival != Arrival::whole && arrival != Arrival::refused) return true;
  if (!exchange.parser.is_done()) return true;  // A body is still to come, and nobody wants it.
  return !exchange.parser.keep_alive() || loop_.is_stopping();
}

void Session::compose_head(const Response& response, Ending ending) {
  CHECK(response.status >= 200 && response.status <= 999);
  const auto reason =
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  head_ = "HTTP/1.1 ";
  append_number(head_, static_cast<std::uint64_t>(response.status));
  head_.append(" ").append(reason.data(), reason.size());
  head_.append("\r\nDate: ").append(loop_.date()).append("\r\n");
  for (const auto& [name, value] : response.headers) {
    // A line break would start a header, or a response, of somebody else's making.
    if (has_line_break(name) || has_line_break(value)) {
      log_line(LogLevel::error, "http.header_left_out",
               {{"status", std::to_string(response.status)}});
      continue;
    }
    head_.append(name).append(": ").append(value).append("\r\n");
  }
  if (response.status != 204) {
    head_.append("Content-Length: ");
    append_number(head_, response.body.size());
    head_.append("\r\n");
  }
  switch (ending) {
    case Ending::keep_alive:
      break;
    case Ending::keep_alive_said:
      head_.append("Connection: keep-alive\r\n");
      break;
    case Ending::close:
      head_.append("Connection: close\r\n");
      break;
  }
  head_.append("\r\n");
}

// Writes what of head_ and `body` the socket takes without waiting, which is nearly always all,
// in one system call and without the way through the reactor. Returns how much that was; after
// an error nothing, and send_rest() meets the error again.
std::size_t Session::send_at_once(std::string_view body) {
  error_code error;
  const std::size_t count = socket_.write_some(unsent(body, 0), error);
  return error ? 0 : count;
}

// Writes head_ and `body` but for the first `sent` bytes.
Task<bool> Session::send_rest(std::string_view body, std::size_t sent) {
  const std::size_t size = head_.size() + body.size();
  expire_after(loop_.options().write_timeout + time_for(size));
  while (sent < size) {
    if (expired_) co_return false;
    const auto [error, count] = co_await socket_.async_write_some(unsent(body, sent), as_values);
    if (error) co_return false;
    sent += count;
  }
  deadline_ = SteadyClock::time_point::max();
  co_return true;
}

// Closes without losing our last response: to close a socket with unread bytes resets the
// connection, and the reset can overtake what we wrote (RFC 9112 §9.6). So we end our side and
// read on until the peer has ended his, within limits.
Task<void> Session::linger() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  expire_after(kLinger);
  bool filled = true;
  for (std::size_t discarded = 0; filled && discarded < kLingerBytesMax;) {
    buffer_.clear();
    filled = co_await fill(kReadBytes);
    discarded += buffer_.size();
  }
}

std::array<asio::const_buffer, 2> Session::unsent(std::string_view body, std::size_t sent) const {
  const asio::const_buffer head(head_.data(), head_.size());
  const std::size_t of_body = sent > head_.size() ? sent - head_.size() : 0;
  return {head + sent, asio::const_buffer(body.data(), body.size()) + of_body};
}

std::string_view Session::buffered() const {
  const auto bytes = buffer_.data();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

// Some clients send an empty line after a body (RFC 9112 §2.2).
void Session::skip_empty_lines() {
  while (buffered().starts_with("\r\n")) buffer_.consume(2);
}

void Session::expire_after(SteadyClock::duration duration) {
  deadline_ = SteadyClock::now() + duration;
  expired_ = false;
}

void Session::expire() {
  deadline_ = SteadyClock::time_point::max();
  expired_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Session::expire_if_due(SteadyClock::time_point now) {
  if (now >= deadline_) expire();
}

void Session::close_if_idle() {
  if (idle_) expire();
}

void Session::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  resume();
}

SteadyClock::duration Session::time_for(std::uint64_t bytes) const {
  constexpr std::uint64_t kMebibytesMax = 1 << 20;  // Keeps the product in range.
  const std::uint64_t mebibytes = std::min(bytes >> 20, kMebibytesMax);
  return loop_.options().per_mebibyte * static_cast<std::int64_t>(mebibytes);
}

}  // namespace assent::net
