#include "emitter/cpp/transport.h"

#include "base/result.h"

#include <curl/curl.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::size_t kAnswerBytesMax = 4 * 1024 * 1024;

std::size_t take_bytes(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  const std::size_t length = size * count;
  if (body.size() + length > kAnswerBytesMax) return 0;  // Ends the exchange.
  body.append(bytes, length);
  return length;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, FreeList>;

void add(Headers& headers, const std::string& line) {
  curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
  CHECK(longer != nullptr);
  static_cast<void>(headers.release());
  headers.reset(longer);
}

}  // namespace

void Transport::Close::operator()(void* handle) const {
  curl_easy_cleanup(handle);
}

Transport::Transport(Settings settings) : settings_(std::move(settings)) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::optional<Error> Transport::fault_of(const std::string& url) {
  const auto wrong = [](const char* message) {
    return Error{.fault = Fault::misconfigured, .message = message};
  };
  std::string_view rest = url;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(std::string_view("http://").size());
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(std::string_view("https://").size());
  } else {
    rest = {};
  }
  const std::string_view host = rest.substr(0, rest.find('/'));
  const bool is_printable = std::ranges::all_of(rest, [](char c) { return c > ' ' && c < '\x7F'; });
  if (host.empty() || host.starts_with(':') || !is_printable ||
      rest.find_first_of("?#") != std::string_view::npos) {
    return wrong("url must be such as https://assent.example");
  }
  if (host.find('@') != std::string_view::npos) {
    return wrong("url must not carry a password: the keys say who asks");
  }
  return std::nullopt;
}

Transport::Handle Transport::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  Handle handle(curl_easy_init());
  CHECK(handle != nullptr);
  return handle;
}

Answer Transport::send(const Request& request) {
  Handle handle = take();
  Answer answer = perform(handle.get(), request);
  curl_easy_reset(handle.get());  // Keeps its connections.
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
  return answer;
}

Answer Transport::perform(void* handle, const Request& request) const {
  Headers headers;
  for (const auto& [name, text] : request.headers) add(headers, name + ": " + text);
  add(headers, "Expect:");
  std::string url = settings_.url;
  while (url.ends_with('/')) url.pop_back();
  url += request.path;

  Answer answer;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &take_bytes);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  if (!settings_.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, settings_.ca_file.c_str());
  }

  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) return {.status = 0, .body = curl_easy_strerror(code)};
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_off_t after = 0;
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &after);
  answer.status = static_cast<int>(status);
  // An odd answer must not silence an emitter.
  answer.retry_after = std::chrono::seconds(std::min<curl_off_t>(after, 3600));
  return answer;
}

}  // namespace assent::emitter
