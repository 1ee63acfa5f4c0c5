#include "verify/fetch.h"

#include <curl/curl.h>

#include <array>
#include <deque>
#include <mutex>
#include <utility>

namespace assent::verify {
namespace {

constexpr int kPollMilliseconds = 1000;
constexpr long kConnectSeconds = 10;
// A page that trickles is given up: fewer bytes a second than this for so long.
constexpr long kSlowBytes = 100;
constexpr long kSlowSeconds = 30;
constexpr int kTriesMax = 4;

Error unavailable(std::string what) {
  return {Code::unavailable, std::move(what)};
}

struct Transfer {
  PageRequest request;
  std::string body;
  CURL* easy = nullptr;
  bool is_done = false;
  bool is_too_large = false;
  CURLcode code = CURLE_OK;
  long status = 0;
  int tries = 0;

  // Worth another try: the server was busy, or the connection broke.
  bool is_transient() const {
    if (code != CURLE_OK) return !is_too_large && code != CURLE_COULDNT_RESOLVE_HOST;
    return status == 503 || status == 429 || status == 502 || status == 504;
  }
};

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t length = size * count;
  if (transfer.body.size() + length > transfer.request.bytes_max) {
    transfer.is_too_large = true;
    return 0;  // Ends the transfer.
  }
  transfer.body.append(bytes, length);
  return length;
}

}  // namespace

class Pages::Impl {
 public:
  explicit Impl(const Options& options);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void ask(PageRequest request);
  Result<std::optional<std::string>> next();
  std::size_t waiting() const { return transfers_.size(); }

 private:
  void start(Transfer& transfer);
  void collect();
  Result<std::optional<std::string>> answer(Transfer& transfer) const;

  const Options options_;
  CURLM* multi_;
  curl_slist* headers_ = nullptr;
  std::deque<std::unique_ptr<Transfer>> transfers_;  // As asked for.
};

Pages::Impl::Impl(const Options& options) : options_(options) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  multi_ = curl_multi_init();
  CHECK(multi_ != nullptr);
  if (options_.api_key.empty()) return;
  headers_ = curl_slist_append(nullptr, ("Authorization: Bearer " + options_.api_key).c_str());
}

Pages::Impl::~Impl() {
  for (const auto& transfer : transfers_) {
    curl_multi_remove_handle(multi_, transfer->easy);
    curl_easy_cleanup(transfer->easy);
  }
  curl_multi_cleanup(multi_);
  curl_slist_free_all(headers_);
}

void Pages::Impl::ask(PageRequest request) {
  auto& transfer = *transfers_.emplace_back(std::make_unique<Transfer>());
  transfer.request = std::move(request);
  transfer.easy = curl_easy_init();
  CHECK(transfer.easy != nullptr);
  const std::string url = options_.url + "/" + transfer.request.path;
  CURL* const easy = transfer.easy;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlowBytes);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // Whatever libcurl can undo.
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  start(transfer);
}

void Pages::Impl::start(Transfer& transfer) {
  transfer.body.clear();
  ++transfer.tries;
  curl_multi_add_handle(multi_, transfer.easy);
}

void Pages::Impl::collect() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* user = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
    auto& transfer = *static_cast<Transfer*>(static_cast<void*>(user));
    transfer.code = message->data.result;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &transfer.status);
    curl_multi_remove_handle(multi_, transfer.easy);
    if (transfer.is_transient() && transfer.tries < kTriesMax) {
      start(transfer);
    } else {
      transfer.is_done = true;
    }
  }
}

Result<std::optional<std::string>> Pages::Impl::next() {
  Transfer& first = *transfers_.front();
  while (!first.is_done) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    collect();
    if (!first.is_done) curl_multi_poll(multi_, nullptr, 0, kPollMilliseconds, nullptr);
  }
  auto result = answer(first);
  curl_easy_cleanup(first.easy);
  transfers_.pop_front();
  return result;
}

Result<std::optional<std::string>> Pages::Impl::answer(Transfer& transfer) const {
  if (transfer.is_too_large) {
    return Error{Code::corrupt, "the page is larger than it can be"};
  }
  if (transfer.code != CURLE_OK) {
    return unavailable(std::string("The log cannot be reached: ") +
                       curl_easy_strerror(transfer.code) + ".");
  }
  if (transfer.status == 200) return std::optional(std::move(transfer.body));
  if (transfer.status == 404 || transfer.status == 410) return std::optional<std::string>();
  if (transfer.status == 401 || transfer.status == 403) {
    return unavailable("The log is not public, and the key was not accepted.");
  }
  return unavailable("The log's server answered with the status " +
                     std::to_string(transfer.status) + ".");
}

Pages::Pages(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
Pages::~Pages() = default;
void Pages::ask(PageRequest request) {
  impl_->ask(std::move(request));
}
Result<std::optional<std::string>> Pages::next() {
  return impl_->next();
}
std::size_t Pages::waiting() const {
  return impl_->waiting();
}

}  // namespace assent::verify
