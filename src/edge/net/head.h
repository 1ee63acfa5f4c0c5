// What must be refused in the head of a request although Beast's parser would take it:
// ambiguities that two servers in a row could read differently (request smuggling).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assent::net {

// Finds the end of a head while it arrives, and the first byte that no head may have: a
// control character, a line that does not end in CRLF, a folded header line (RFC 9112 §5.2).
// One instance, one head.
class HeadScanner {
 public:
  enum class Verdict { unfinished, whole, malformed };

  // REQUIRES: `bytes` starts with the head and extends the bytes of the previous call.
  Verdict scan(std::string_view bytes);

  // The length of the head with its empty line. REQUIRES: scan() said `whole`.
  std::size_t size() const { return line_; }

 private:
  std::size_t line_ = 0;      // Where the line begins that has not ended yet.
  std::size_t searched_ = 0;  // No line feed between line_ and here.
};

// A request-target taken apart.
struct Target {
  std::string origin_form;  // Path and query, or `*`.
  std::optional<std::string>
      authority;  // Of the absolute form: it replaces Host (RFC 9112 §3.2.2).
};

// Nothing if the server must not guess what is meant: an authority with userinfo, a scheme that
// is not http, the form for CONNECT, a fragment, a byte that is not printable ASCII.
std::optional<Target> read_target(std::string_view method, std::string_view target);

// Whether `host` can be the value of Host: no userinfo, no list, nothing of a path.
bool is_host(std::string_view host);

// Whether a method is a word of capitals, which every registered method is.
bool is_method(std::string_view method);

}  // namespace assent::net
