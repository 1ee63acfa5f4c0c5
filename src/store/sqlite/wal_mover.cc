#include "store/sqlite/wal_mover.h"

#include "base/log.h"
#include "store/sqlite/sqlite_connection.h"

#include <algorithm>
#include <chrono>

namespace assent::store {

namespace {

constexpr std::int64_t kPagesToMove = 1000;      // About 4 MB: a few milliseconds of disk.
constexpr std::int64_t kPagesToRestart = 16384;  // 64 MB.
// How many times as long the log may get before the writer waits for a disk that cannot follow.
constexpr std::int64_t kHoldFactor = 2;
constexpr auto kPauseAfterFault = std::chrono::seconds(1);
// How long a restart, and with it the writer, waits for readers of old pages to finish.
constexpr auto kReaderPatience = std::chrono::milliseconds(100);

constexpr std::string_view kMove = "PRAGMA wal_checkpoint(PASSIVE)";
constexpr std::string_view kStartOver = "PRAGMA wal_checkpoint(RESTART)";
constexpr std::string_view kEmpty = "PRAGMA wal_checkpoint(TRUNCATE)";

struct Moved {
  bool was_busy = false;
  std::int64_t pages = 0;  // In the log.
};

Result<Moved> checkpoint(Connection& connection, std::string_view pragma) {
  const auto rows = TRY(connection.query(pragma));
  if (!TRY(rows->next())) return Error{Code::internal, "no answer to a WAL checkpoint"};
  return Moved{rows->integer(0) != 0, rows->integer(1)};
}

}  // namespace

Result<std::unique_ptr<WalMover>> WalMover::open(const std::string& path) {
  auto connection = TRY(open_sqlite({.path = path,
                                     .mode = SqliteMode::read_write,
                                     .busy_timeout = kReaderPatience,
                                     .cache_kibibytes = 256}));
  return std::unique_ptr<WalMover>(new WalMover(std::move(connection)));
}

WalMover::WalMover(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)),
      restart_at_(kPagesToRestart),
      thread_([this] { run(); }) {}

WalMover::~WalMover() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
  // A shorter recovery at the next start; no harm if somebody still reads.
  const auto result = checkpoint(*connection_, kEmpty);
  if (!result) log_line(LogLevel::warning, "wal.close", {{"why", result.error().detail}});
}

void WalMover::grew(int pages) {
  const std::lock_guard lock(mutex_);
  if (pages < pages_) seen_ = 0;  // The log has started over.
  pages_ = pages;
  if (pages_ >= kHoldFactor * restart_at_) wants_turn_.store(true, std::memory_order_release);
  if (has_work()) changed_.notify_all();
}

void WalMover::give_way() {
  if (!wants_turn_.load(std::memory_order_acquire)) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !wants_turn_ || is_closing_; });
}

bool WalMover::has_work() const {
  return wants_turn_ || pages_ - seen_ >= kPagesToMove;
}

bool WalMover::wait_for_work() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_closing_ || has_work(); });
  return !is_closing_;
}

void WalMover::run() {
  while (wait_for_work()) move_pages();
}

void WalMover::move_pages() {
  const auto result = checkpoint(*connection_, kMove);
  if (!result) {
    // The log grows meanwhile; the disk that made this fail makes commits fail too.
    log_line(LogLevel::warning, "wal.move", {{"why", result.error().detail}});
    end_turn(restart_at_);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPauseAfterFault, [this] { return is_closing_; });
    return;
  }
  {
    // Not the pages moved: readers of old ones can hold some back, and trying again at once would
    // only spin.
    const std::lock_guard lock(mutex_);
    seen_ = std::min(result->pages, pages_);
  }
  if (result->pages >= restart_at_) {
    start_over();
  } else {
    end_turn(restart_at_);
  }
}

void WalMover::start_over() {
  wants_turn_.store(true, std::memory_order_release);
  const auto result = checkpoint(*connection_, kStartOver);
  const bool is_done = result && !result->was_busy;
  // A long reader is in the way: try again when the log has grown by a quarter, not at once,
  // because each try holds the writer up.
  end_turn(is_done ? kPagesToRestart : restart_at_ + kPagesToRestart / 4);
}

void WalMover::end_turn(std::int64_t restart_at) {
  {
    const std::lock_guard lock(mutex_);
    restart_at_ = restart_at;
    wants_turn_.store(false, std::memory_order_release);
  }
  changed_.notify_all();
}

}  // namespace assent::store
