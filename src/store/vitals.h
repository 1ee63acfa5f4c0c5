// How a store is, for whoever decides whether to send it requests: each part by name, in one word.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace assent::store {

class Search;
class Writer;

// Names and words only: no path, no sentence of the system's, for strangers may read this.
struct Health {
  static constexpr std::string_view kOk = "ok";
  struct Part {
    std::string_view name;
    std::string_view state = kOk;
  };
  // writer: `read_only` (damage was found, for good), `failing` (the last commit did), `stuck`.
  // disk: `full`, `unknown`. search: `failing`, `behind`. checkpoints: `failing`, `stuck`.
  std::array<Part, 4> parts;
  bool is_writable = true;       // False once the store latched read-only.
  std::uint64_t search_lag = 0;  // Committed events that are not indexed yet.
  std::size_t write_queue = 0;
  std::uint64_t disk_free_bytes = 0;

  bool is_ready() const;
};

// What the store's housekeeper saw when it last looked. Thread-safe; one thread looks.
class Vitals {
 public:
  explicit Vitals(std::string directory) : directory_(std::move(directory)) {}

  // Looks at the disk, which may take as long as the disk likes: hence not when somebody asks.
  void look();
  void note_checkpoints(bool are_durable) { are_checkpoints_durable_ = are_durable; }

  // `search` may be null.
  Health health(const Writer& writer, const Search* search) const;

 private:
  using SteadyClock = std::chrono::steady_clock;

  std::string_view disk() const;
  std::string_view checkpoints() const;

  const std::string directory_;
  std::atomic<bool> is_disk_known_ = false;
  std::atomic<std::uint64_t> disk_free_bytes_ = 0;
  std::atomic<bool> are_checkpoints_durable_ = true;
  std::atomic<SteadyClock::time_point> looked_at_ = SteadyClock::time_point();
};

}  // namespace assent::store
