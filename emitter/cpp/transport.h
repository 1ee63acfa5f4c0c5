// HTTP to one server, over connections that are kept.
#pragma once

#include <assent/emitter.h>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace assent::emitter {

// Thread-safe: as many requests at once as there are callers.
class Transport {
 public:
  struct Settings {
    std::string url;
    std::string ca_file;
    std::chrono::milliseconds timeout{0};
  };
  explicit Transport(Settings settings);

  // What is wrong with an address, if anything.
  static std::optional<Error> fault_of(const std::string& url);

  Answer send(const Request& request);

 private:
  struct Close {
    void operator()(void* handle) const;
  };
  using Handle = std::unique_ptr<void, Close>;
  Handle take();
  Answer perform(void* handle, const Request& request) const;

  const Settings settings_;
  std::mutex mutex_;
  std::vector<Handle> idle_;  // Guarded by mutex_.
};

}  // namespace assent::emitter
