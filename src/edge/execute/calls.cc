#include "edge/execute/calls.h"

#include "base/result.h"

#include <curl/curl.h>

#include <algorithm>

namespace assent::execute {

namespace {

constexpr std::chrono::seconds kConnectTimeout{10};

}  // namespace

struct Calls::Call {
  CallId id = 0;
  CallRequest request;
  CallReply reply;
  curl_slist* headers = nullptr;

  ~Call() { curl_slist_free_all(headers); }
};

namespace {

// Gives curl less than it offered once the answer is too long, which ends the call.
std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  CallReply& reply = *static_cast<CallReply*>(to);
  const std::size_t more = size * count;
  if (reply.body.size() + more > kReplyBytesMax) {
    reply.is_too_long = true;
    return 0;
  }
  reply.body.append(bytes, more);
  return more;
}

void set_url(CURL* curl, const CallRequest& request) {
  const bool is_plain = request.url.starts_with("http://");
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_plain ? "http" : "https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

// A kept connection that turns out to be dead, or a refused stream of HTTP/2, would make curl send
// the request again by itself. There must be no second sending that nobody recorded.
void send_once(CURL* curl) {
  curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
}

}  // namespace

Calls::Calls() : multi_(curl_multi_init()) {
  CHECK(multi_ != nullptr);
}

Calls::~Calls() {
  for (const auto& [easy, call] : calls_) {
    curl_multi_remove_handle(multi_, easy);
    curl_easy_cleanup(easy);
  }
  curl_multi_cleanup(multi_);
}

CallId Calls::begin(CallRequest request) {
  CURL* const curl = curl_easy_init();
  CHECK(curl != nullptr);
  auto call = std::make_unique<Call>();
  call->id = ++last_;
  call->request = std::move(request);
  const CallRequest& it = call->request;
  for (const std::string& line : it.headers) {
    call->headers = curl_slist_append(call->headers, line.c_str());
  }
  call->headers = curl_slist_append(call->headers, ("Content-Type: " + it.content_type).c_str());
  call->headers = curl_slist_append(call->headers, "Expect:");
  set_url(curl, it);
  send_once(curl);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
                   static_cast<long>(std::min(kConnectTimeout, it.timeout).count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(it.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "assent");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->headers);
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, it.body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(it.body.size()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &call->reply);
  CHECK(curl_multi_add_handle(multi_, curl) == CURLM_OK);
  calls_.emplace(curl, std::move(call));
  return last_;
}

std::vector<Calls::Finished> Calls::wait(std::chrono::milliseconds most) {
  int running = 0;
  curl_multi_perform(multi_, &running);
  const bool is_waiting = static_cast<std::size_t>(running) == calls_.size();
  if (is_waiting) {
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(most.count()), nullptr);
    curl_multi_perform(multi_, &running);
  }
  std::vector<Finished> finished;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) {
      finished.push_back(finish(message->easy_handle, message->data.result));
    }
  }
  return finished;
}

void Calls::wake() {
  curl_multi_wakeup(multi_);
}

Calls::Finished Calls::finish(void* easy, int code) {
  const auto found = calls_.find(easy);
  CHECK(found != calls_.end());
  Finished finished{.id = found->second->id, .reply = std::move(found->second->reply)};
  CallReply& reply = finished.reply;
  long sent = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
  const char* type = nullptr;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
  if (type != nullptr) reply.content_type = type;
  reply.was_sent = sent > 0;
  const bool is_whole = code == CURLE_OK || reply.is_too_long;
  if (!is_whole) reply.fault = curl_easy_strerror(static_cast<CURLcode>(code));
  curl_multi_remove_handle(multi_, easy);
  curl_easy_cleanup(easy);
  calls_.erase(found);
  return finished;
}

}  // namespace assent::execute
