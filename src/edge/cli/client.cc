#include "edge/cli/client.h"

#include "base/text.h"

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <thread>

namespace assent::cli {

namespace {

constexpr int kTriesMax = 4;
constexpr std::chrono::milliseconds kFirstPause{200};

constexpr std::size_t kHeaderBytesMax = 256 * 1024;

// What has come of an answer; a server that never ends is left.
struct Incoming {
  std::string body = {};
  std::size_t body_max = 0;
  std::size_t header_bytes = 0;
  bool is_too_large = false;
};

// Anything but `size * count` makes curl give up.
std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& incoming = *static_cast<Incoming*>(to);
  incoming.is_too_large = size * count > incoming.body_max - incoming.body.size();
  if (incoming.is_too_large) return 0;
  incoming.body.append(bytes, size * count);
  return size * count;
}

std::size_t take_header(char*, std::size_t size, std::size_t count, void* to) {
  auto& incoming = *static_cast<Incoming*>(to);
  incoming.header_bytes += size * count;
  incoming.is_too_large = incoming.header_bytes > kHeaderBytesMax;
  return incoming.is_too_large ? 0 : size * count;
}

// curl's list of header lines, freed when it goes.
class HeaderList {
 public:
  HeaderList() = default;
  ~HeaderList() { curl_slist_free_all(list_); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  void add(const std::string& line) { list_ = curl_slist_append(list_, line.c_str()); }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += '%' + to_hex({&c, 1});
    }
  }
  return out;
}

std::string query_text(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += percent_encoded(name) + '=' + percent_encoded(value);
  }
  return out;
}

Client::Client(std::string url, Secret key, Random& random)
    : url_(std::move(url)), key_(std::move(key)), random_(random), curl_(curl_easy_init()) {
  while (url_.ends_with('/')) url_.pop_back();
}

Client::~Client() {
  curl_easy_cleanup(curl_);
}

Result<HttpReply> Client::send(HttpRequest request) {
  const bool is_repeatable = request.method != "PUT";
  if (request.method == "POST") {
    if (request.idempotency_key.empty()) request.idempotency_key = make_idempotency_key();
    request.headers.push_back("Idempotency-Key: \"" + request.idempotency_key + '"');
  }
  auto pause = kFirstPause;
  for (int attempt = 1;; ++attempt) {
    auto reply = send_once(request);
    const bool is_endless = !reply && reply.error().code == Code::too_large;
    if (is_endless) return Error{Code::unavailable, std::move(reply).error().detail};
    const bool is_final = reply && reply->status != 503;
    if (is_final || attempt == kTriesMax || !is_repeatable) return reply;
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

std::string Client::make_idempotency_key() {
  std::array<std::uint8_t, 16> bytes{};
  random_.fill(bytes);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<HttpReply> Client::send_once(const HttpRequest& request) {
  auto* const curl = static_cast<CURL*>(curl_);
  curl_easy_reset(curl);
  HeaderList headers;
  headers.add("Content-Type: " + request.content_type);
  headers.add("Expect:");
  if (!key_.reveal().empty()) headers.add("Authorization: Bearer " + std::string(key_.reveal()));
  for (const std::string& line : request.headers) headers.add(line);

  Incoming incoming{.body_max = request.answer_bytes_max};
  const std::string url = url_ + request.path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 5L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, request.timeout_seconds);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &incoming);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &incoming);
  const CURLcode code = curl_easy_perform(curl);
  if (incoming.is_too_large) return Error{Code::too_large, "the server's answer does not end"};
  if (code != CURLE_OK) {
    return Error{Code::unavailable,
                 std::string("cannot reach the server: ") + curl_easy_strerror(code)};
  }
  HttpReply reply{.body = std::move(incoming.body)};
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

}  // namespace assent::cli
