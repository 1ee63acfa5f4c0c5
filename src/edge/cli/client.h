// Calls the server: HTTP through libcurl, with the retries that idempotency makes safe.
#pragma once

#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assent::cli {

struct HttpRequest {
  std::string method;
  std::string path;  // With the query.
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::string> headers = {};  // `Name: value`.
  long timeout_seconds = 30;
  std::string idempotency_key = {};  // Of a POST; empty: one is made.
  // Of the answer: more than what the largest page of a log has.
  std::size_t answer_bytes_max = 64 * 1024 * 1024;
};

struct HttpReply {
  long status = 0;
  std::string body;

  bool is_success() const { return status >= 200 && status < 300; }
};

// One server, one key. Not thread-safe.
class Client {
 public:
  // REQUIRES: `random` outlives it.
  Client(std::string url, Secret key, Random& random);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends the request. A POST carries an Idempotency-Key, and is therefore sent again, a few times,
  // when the server cannot be reached or answers 503. Code::unavailable if it never answered, or
  // at once if its answer does not end.
  Result<HttpReply> send(HttpRequest request);

  // A key for a POST that is sent more than once.
  std::string make_idempotency_key();

 private:
  Result<HttpReply> send_once(const HttpRequest& request);

  std::string url_;
  Secret key_;
  Random& random_;
  void* curl_;  // CURL, kept for its connection.
};

// `a=1&b=2` with everything but unreserved characters escaped (RFC 3986 §2.3).
std::string query_text(const std::vector<std::pair<std::string, std::string>>& parameters);
std::string percent_encoded(std::string_view text);

}  // namespace assent::cli
