#include "edge/net/head.h"

#include <algorithm>

namespace assent::net {
namespace {

bool is_control(char c) {
  return (c >= 0 && c < 0x20) || c == 0x7f;
}

bool is_printable_ascii(char c) {
  return c > 0x20 && c < 0x7f;
}

bool has_control(std::string_view line) {
  return std::ranges::any_of(line, [](char c) { return is_control(c) && c != '\t'; });
}

}  // namespace

HeadScanner::Verdict HeadScanner::scan(std::string_view bytes) {
  // A TLS greeting would otherwise wait for its line feed until the deadline.
  if (!bytes.empty() && !is_printable_ascii(bytes.front())) return Verdict::malformed;

  for (;;) {
    const std::size_t feed = bytes.find('\n', std::max(line_, searched_));
    if (feed == std::string_view::npos) {
      searched_ = bytes.size();
      return Verdict::unfinished;
    }
    if (feed == line_ || bytes[feed - 1] != '\r') return Verdict::malformed;

    const std::string_view line = bytes.substr(line_, feed - 1 - line_);
    line_ = feed + 1;
    if (line.empty()) return Verdict::whole;
    if (line.front() == ' ' || line.front() == '\t') return Verdict::malformed;
    if (has_control(line)) return Verdict::malformed;
  }
}

std::optional<Target> read_target(std::string_view method, std::string_view target) {
  if (target.empty() || !std::ranges::all_of(target, is_printable_ascii)) return std::nullopt;
  if (target.find('#') != std::string_view::npos) return std::nullopt;
  if (target.front() == '/') return Target{std::string(target), std::nullopt};
  if (target == "*" && method == "OPTIONS") return Target{"*", std::nullopt};

  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  std::string scheme(target.substr(0, colon));
  for (char& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  if (scheme != "http" && scheme != "https") return std::nullopt;

  const std::string_view rest = target.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.empty() || !is_host(authority)) return std::nullopt;

  std::string origin_form(rest.substr(end));
  if (!origin_form.starts_with('/')) origin_form.insert(0, 1, '/');
  return Target{std::move(origin_form), std::string(authority)};
}

bool is_host(std::string_view host) {
  return std::ranges::all_of(host, is_printable_ascii) &&
         host.find_first_of("@/\\?#,\"<>") == std::string_view::npos;
}

bool is_method(std::string_view method) {
  return !method.empty() && std::ranges::all_of(method, [](char c) {
    return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

}  // namespace assent::net
