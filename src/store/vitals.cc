#include "store/vitals.h"

#include "store/search/search.h"
#include "store/writer.h"

#include <algorithm>
#include <sys/statvfs.h>

namespace assent::store {

namespace {

// Below it the next WAL or checkpoint may not fit. Low, because to be out of service is what it
// wants to prevent; whoever wants to know earlier watches the metric.
constexpr std::uint64_t kDiskFreeBytesMin = 16u << 20;
// A query waits five seconds for the index, which takes some 100,000 events a second.
constexpr std::uint64_t kSearchLagMax = 1'000'000;
// A commit takes milliseconds, and the housekeeper comes every second.
constexpr std::chrono::seconds kStuckAfter{10};

std::string_view writer_state(const Writer& writer) {
  if (writer.is_latched()) return "read_only";
  if (writer.busy_for() > kStuckAfter) return "stuck";
  return writer.is_failing() ? "failing" : Health::kOk;
}

std::string_view search_state(const Search* search) {
  if (search == nullptr) return Health::kOk;
  if (search->is_failing()) return "failing";
  return search->lag() > kSearchLagMax ? "behind" : Health::kOk;
}

}  // namespace

bool Health::is_ready() const {
  return std::ranges::all_of(parts, [](const Part& part) { return part.state == kOk; });
}

void Vitals::look() {
  struct statvfs found {};
  is_disk_known_ = ::statvfs(directory_.c_str(), &found) == 0;
  if (is_disk_known_) disk_free_bytes_ = std::uint64_t{found.f_bavail} * found.f_frsize;
  looked_at_ = SteadyClock::now();
}

std::string_view Vitals::disk() const {
  if (!is_disk_known_) return "unknown";
  return disk_free_bytes_ < kDiskFreeBytesMin ? "full" : Health::kOk;
}

// The same thread looks at the disk and writes the checkpoints; if it hangs, so do they.
std::string_view Vitals::checkpoints() const {
  if (SteadyClock::now() - looked_at_.load() > kStuckAfter) return "stuck";
  return are_checkpoints_durable_ ? Health::kOk : "failing";
}

Health Vitals::health(const Writer& writer, const Search* search) const {
  return {.parts = {{{"writer", writer_state(writer)},
                     {"disk", disk()},
                     {"search", search_state(search)},
                     {"checkpoints", checkpoints()}}},
          .is_writable = !writer.is_latched(),
          .search_lag = search == nullptr ? 0 : search->lag(),
          .write_queue = writer.waiting(),
          .disk_free_bytes = disk_free_bytes_};
}

}  // namespace assent::store
