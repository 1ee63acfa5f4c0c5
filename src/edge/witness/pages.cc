#include "edge/witness/pages.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace assent::witness {

namespace {

constexpr std::string_view kSubmit = "/witness/add-checkpoint";
constexpr std::string_view kPrefix = "/witness/";
constexpr std::string_view kSuffix = "/checkpoint";
constexpr std::size_t kHashDigits = 64;
// A proof has 63 lines at most, a note of a log rarely more than a few signatures.
constexpr std::uint64_t kBodyBytesMax = 131'072;
// Each takes a write to the disk; whoever comes later is told to come again.
constexpr std::size_t kWaitingMax = 256;

std::string_view path_of(const net::Request& request) {
  return std::string_view(request.target).substr(0, request.target.find('?'));
}

// The hash in the path of a checkpoint of ours.
std::optional<std::string> hash_in(std::string_view path) {
  if (!path.starts_with(kPrefix) || !path.ends_with(kSuffix)) return std::nullopt;
  if (path.size() != kPrefix.size() + kHashDigits + kSuffix.size()) return std::nullopt;
  return std::string(path.substr(kPrefix.size(), kHashDigits));
}

net::Response page(int status, std::string body, std::string media_type) {
  return {.status = status,
          .headers = {{"Content-Type", std::move(media_type)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Cache-Control", "no-store"}},
          .body = std::move(body)};
}

net::Response said(int status, std::string body) {
  return page(status, std::move(body), "text/plain; charset=utf-8");
}

net::Response wrong_method(std::string allowed) {
  auto response = said(405, "This path is only for " + allowed + ".\n");
  response.headers.emplace_back("Allow", std::move(allowed));
  return response;
}

// What is wrong with the head of a request to one of our paths.
std::optional<net::Response> fault_of(const net::Request& head) {
  if (path_of(head) == kSubmit) {
    return head.method == "POST" ? std::nullopt : std::optional(wrong_method("POST"));
  }
  const bool is_read = head.method == "GET" || head.method == "HEAD";
  return is_read ? std::nullopt : std::optional(wrong_method("GET, HEAD"));
}

bool is_ours(std::string_view path) {
  return path == kSubmit || hash_in(path).has_value();
}

}  // namespace

Pages::Pages(Witness& witness, net::Handler& rest)
    : witness_(witness), rest_(rest), thread_([this] { run(); }) {}

Pages::~Pages() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  work_.notify_one();
  thread_.join();
}

net::Handler::BodyLimit Pages::body_limit(const net::Request& head) {
  if (!is_ours(path_of(head))) return rest_.body_limit(head);
  if (auto fault = fault_of(head)) return {.bytes = 0, .refusal = std::move(fault)};
  return {.bytes = path_of(head) == kSubmit ? kBodyBytesMax : 0};
}

void Pages::handle(net::Request request, net::Respond respond) {
  const std::string_view path = path_of(request);
  if (!is_ours(path)) return rest_.handle(std::move(request), std::move(respond));
  if (auto fault = fault_of(request)) return respond(*std::move(fault));
  std::string hash = hash_in(path).value_or("");
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kWaitingMax) {
      waiting_.push_back({.body = std::move(request.body),
                          .origin_hash = std::move(hash),
                          .respond = std::move(respond)});
      work_.notify_one();
      return;
    }
  }
  auto busy = said(503, "Too many requests are waiting.\n");
  busy.headers.emplace_back("Retry-After", "1");
  respond(std::move(busy));
}

void Pages::run() {
  while (true) {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return is_closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    if (next.origin_hash.empty()) {
      Answer answer = witness_.add_checkpoint(next.body);
      next.respond(page(answer.status, std::move(answer.body), std::move(answer.media_type)));
      continue;
    }
    auto note = witness_.checkpoint(next.origin_hash);
    auto response = note ? said(200, std::move(*note)) : said(404, "Nothing was cosigned of it.\n");
    next.respond(std::move(response));
  }
}

}  // namespace assent::witness
