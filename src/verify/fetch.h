// Fetches a log's pages over HTTP, several at once, and gives them in the order in which they were
// asked for.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace assent::verify {

// What to fetch: the path below the log's URL, and how large the page can be at most.
struct PageRequest {
  std::string path;
  std::size_t bytes_max = 0;
};

class Pages {
 public:
  struct Options {
    std::string url;      // Without a slash at its end.
    std::string api_key;  // Empty: none is sent.
  };
  explicit Pages(const Options& options);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  // Begins to fetch the page.
  void ask(PageRequest request);

  // Waits for the page that was asked for first among those not yet given. Nothing: the server has
  // no such page. Code::unavailable if it cannot be reached or does not let us in,
  // Code::corrupt if the page is larger than it can be. REQUIRES: waiting() > 0.
  Result<std::optional<std::string>> next();

  std::size_t waiting() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assent::verify
