// HTTP messages as plain values, and the one interface between the network and what answers.
// No Boost here: whoever speaks HTTP includes this, and only edge/net knows the library.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::net {

using Header = std::pair<std::string, std::string>;

struct Request {
  std::string method;  // Upper case.
  std::string target;  // Origin form: path and, after `?`, the query; as received.
  std::vector<Header> headers;
  std::string body;

  // The first header of that name (compared without case), or nothing.
  std::optional<std::string_view> header(std::string_view name) const;
  // How many headers of that name there are: more than one Authorization is an attack.
  std::size_t count(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;  // Without Content-Length, Date, Connection: the server sets those.
  std::string body;
};

// Delivers the one answer to a request. Called exactly once, from any thread; the response is
// written by the connection's own io thread. If the connection is gone, nothing happens.
using Respond = std::function<void(Response)>;

// What answers. Thread-safe; called on an io thread, so it must not block: it answers at once,
// or hands the work over and returns.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(Request request, Respond respond) = 0;

  // How large a body this request may bring, known from its head alone (the body is still
  // empty). A Response instead of a number refuses it before a byte of the body is read.
  struct BodyLimit {
    std::uint64_t bytes = 0;
    std::optional<Response> refusal = std::nullopt;
  };
  virtual BodyLimit body_limit(const Request& head) = 0;

  // What to answer to bytes that are not HTTP (400), a head or body over its limit (431, 413), or a
  // request that did not arrive in time (408): the status is given, the body is the handler's.
  virtual Response protocol_error(int status) = 0;
};

}  // namespace assent::net
