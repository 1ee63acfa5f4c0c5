#include "store/search/search.h"

#include "base/log.h"
#include "store/read.h"
#include "store/search/search_index.h"
#include "store/search/search_query.h"
#include "store/search/search_terms.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <sys/resource.h>
#include <thread>
#include <utility>

namespace assent::store {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

// How long new events wait for company when nobody waits for them: a busy log commits a thousand
// times a second, and each batch has a fixed cost (5 ms to 50 ms gave a sixth more ingest). A query
// that needs them wakes the indexer at once.
constexpr auto kGather = std::chrono::milliseconds(50);
// How far the indexer steps back for the threads that somebody waits for.
constexpr int kNiceness = 10;
// Between attempts to get going again after the log or the index failed us.
constexpr auto kPause = std::chrono::milliseconds(200);

constexpr std::string_view kSizes = R"sql(
  SELECT tenant, size
    FROM heads)sql";

constexpr std::string_view kLeafAt = R"sql(
  SELECT leaf
    FROM events
   WHERE position = $1)sql";

constexpr std::string_view kLeavesFrom = R"sql(
  SELECT position, leaf, body
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

std::string text_of(TenantNumber tenant) {
  return std::to_string(static_cast<std::int64_t>(tenant));
}

struct OpenedIndex {
  std::unique_ptr<SearchIndex> index;
  std::vector<IndexProgress> progress;
};

// The index, if it is whole and of this log: Code::corrupt if its last events are not the log's,
// as after a backup was restored, for then it misses what the log has had there since.
Result<OpenedIndex> open_intact(const std::string& directory, Connection& connection) {
  OpenedIndex opened;
  opened.index = TRY(SearchIndex::open(directory));
  opened.progress = TRY(opened.index->progress());
  for (const auto& [tenant, size, last_leaf] : opened.progress) {
    const auto rows = TRY(connection.query(kLeafAt, {position_of(tenant, size - 1)}));
    if (!TRY(rows->next()) || rows->bytes(0) != last_leaf) {
      return Error{Code::corrupt, "the search index is of another log"};
    }
  }
  return opened;
}

Result<OpenedIndex> open_or_begin(const std::string& directory, Connection& connection) {
  auto opened = open_intact(directory, connection);
  if (opened || opened.error().code != Code::corrupt) return opened;
  log_line(LogLevel::warning, "search.rebuild", {{"why", opened.error().detail}});
  TRY(SearchIndex::wipe(directory));
  return open_intact(directory, connection);
}

}  // namespace

class Search::Impl {
 public:
  Impl(Options options, std::unique_ptr<Connection> connection, OpenedIndex opened);
  ~Impl();
  Result<void> start();

  void committed(TenantNumber tenant, std::uint64_t size);
  Result<FoundPage> find(const LogView& log, const Filters& filters, const EventQuery& query,
                         Deadline deadline);
  std::uint64_t lag() const;
  bool is_failing() const { return is_failing_; }

 private:
  // One tenant's log.
  struct Followed {
    std::uint64_t indexed = 0;
    std::uint64_t committed = 0;  // As far as we were told.
  };
  struct Backlog {
    TenantNumber tenant{};
    SequenceRange range;
  };

  void set(Followed& followed, Followed now);
  void adopt(OpenedIndex opened);
  bool is_indexed(TenantNumber tenant, std::uint64_t size) const;
  Result<void> wait_until_indexed(TenantNumber tenant, std::uint64_t size, Deadline deadline);

  void follow();
  bool wait_for_work();
  void pause();
  Result<void> reopen();
  std::vector<Backlog> backlogs();
  Result<void> index_batch();
  Result<IndexProgress> collect(const Backlog& backlog);
  void publish(const std::vector<Backlog>& done, const std::vector<IndexProgress>& progress);

  const Options options_;

  // Held shared by who reads the index, alone by who replaces it; before mutex_.
  std::shared_mutex index_mutex_;
  std::unique_ptr<SearchIndex> index_;  // Null while it cannot be opened.

  mutable std::mutex mutex_;
  std::condition_variable work_;               // For the indexer.
  std::condition_variable progress_;           // For those who wait in find().
  std::map<TenantNumber, Followed> followed_;  // Guarded by mutex_.
  std::uint64_t behind_ = 0;                   // Guarded by mutex_: events, over all tenants.
  std::size_t waiting_ = 0;                    // Guarded by mutex_: calls of find().
  bool must_reopen_ = false;                   // Guarded by mutex_.
  bool is_idle_ = false;                       // Guarded by mutex_: the indexer.
  bool closing_ = false;                       // Guarded by mutex_.
  std::atomic<bool> is_failing_ = false;

  // The indexer's own.
  std::unique_ptr<Connection> connection_;  // Null after it failed.
  std::vector<Posting> postings_;
  std::vector<Term> terms_;
  TenantNumber served_last_{};

  std::thread thread_;  // Last: it uses everything above.
};

Search::Impl::Impl(Options options, std::unique_ptr<Connection> connection, OpenedIndex opened)
    : options_(std::move(options)), connection_(std::move(connection)) {
  adopt(std::move(opened));
}

Search::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// Learns how long the logs are, then follows them.
Result<void> Search::Impl::start() {
  {
    const auto rows = TRY(connection_->query(kSizes));
    while (TRY(rows->next())) {
      committed(static_cast<TenantNumber>(rows->integer(0)),
                static_cast<std::uint64_t>(rows->integer(1)));
    }
  }
  thread_ = std::thread([this] { follow(); });
  return {};
}

// REQUIRES: mutex_ is held.
void Search::Impl::set(Followed& followed, Followed now) {
  const auto lag_of = [](const Followed& f) {
    return f.committed > f.indexed ? f.committed - f.indexed : 0;
  };
  behind_ = behind_ - lag_of(followed) + lag_of(now);
  followed = now;
}

// Takes an index into use, with the progress that it has.
void Search::Impl::adopt(OpenedIndex opened) {
  const std::lock_guard lock(mutex_);
  index_ = std::move(opened.index);
  for (auto& [tenant, followed] : followed_) set(followed, {0, followed.committed});
  for (const auto& [tenant, size, last_leaf] : opened.progress) {
    auto& followed = followed_[tenant];
    set(followed, {size, std::max(size, followed.committed)});
  }
  must_reopen_ = false;
  if (waiting_ > 0) progress_.notify_all();
}

void Search::Impl::committed(TenantNumber tenant, std::uint64_t size) {
  bool is_awaited = false;
  {
    const std::lock_guard lock(mutex_);
    auto& followed = followed_[tenant];
    if (size <= followed.committed) return;
    const std::uint64_t before = behind_;
    set(followed, {followed.indexed, size});
    // While the indexer gathers a batch it needs to be told only that the batch is full: a wake-up
    // per commit would cost the writer more than all else here.
    is_awaited =
        is_idle_ || (before < options_.events_per_batch && behind_ >= options_.events_per_batch);
  }
  if (is_awaited) work_.notify_one();
}

std::uint64_t Search::Impl::lag() const {
  const std::lock_guard lock(mutex_);
  return behind_;
}

// REQUIRES: mutex_ is held.
bool Search::Impl::is_indexed(TenantNumber tenant, std::uint64_t size) const {
  if (must_reopen_) return false;
  const auto found = followed_.find(tenant);
  return size <= (found == followed_.end() ? 0 : found->second.indexed);
}

Result<void> Search::Impl::wait_until_indexed(TenantNumber tenant, std::uint64_t size,
                                              Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (is_indexed(tenant, size)) return {};
  // The caller has seen so many, so another node may have committed them: look.
  auto& followed = followed_[tenant];
  set(followed, {followed.indexed, std::max(followed.committed, size)});
  ++waiting_;
  work_.notify_one();
  const bool is_reached =
      progress_.wait_until(lock, deadline, [&] { return is_indexed(tenant, size); });
  --waiting_;
  if (!is_reached) return Error{Code::unavailable, "the search index has not caught up yet"};
  return {};
}

Result<FoundPage> Search::Impl::find(const LogView& log, const Filters& filters,
                                     const EventQuery& query, Deadline deadline) {
  const SequenceRange range = TRY(range_of(log, query));
  for (;;) {
    TRY(wait_until_indexed(log.tenant(), query.end_sequence, deadline));
    const std::shared_lock reading(index_mutex_);
    {
      const std::lock_guard lock(mutex_);
      if (!is_indexed(log.tenant(), query.end_sequence)) continue;  // It was replaced in between.
    }
    auto page = find_page(log, *index_, filters, range, query.limit);
    if (page || !index_->is_damaged()) return page;
    {
      const std::lock_guard lock(mutex_);
      must_reopen_ = true;
    }
    work_.notify_one();
  }
}

void Search::Impl::follow() {
  // On Linux this is the priority of the calling thread alone: who waits for a commit goes first.
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNiceness));
  while (wait_for_work()) {
    const auto done = index_batch();
    is_failing_ = !done;
    if (done) continue;
    log_line(LogLevel::error, "search.failed", {{"why", done.error().detail}});
    // Whichever of the two failed, both are taken up again from what is on disk.
    connection_.reset();
    {
      const std::lock_guard lock(mutex_);
      must_reopen_ = true;
    }
    pause();
  }
}

// Until there is something to do, and perhaps a little longer for more of it. False: stop.
bool Search::Impl::wait_for_work() {
  std::unique_lock lock(mutex_);
  is_idle_ = true;
  work_.wait(lock, [&] { return closing_ || must_reopen_ || behind_ > 0; });
  is_idle_ = false;
  work_.wait_for(lock, kGather, [&] {
    return closing_ || must_reopen_ || waiting_ > 0 || behind_ >= options_.events_per_batch;
  });
  return !closing_;
}

void Search::Impl::pause() {
  std::unique_lock lock(mutex_);
  work_.wait_for(lock, kPause, [&] { return closing_; });
}

Result<void> Search::Impl::reopen() {
  const std::unique_lock replacing(index_mutex_);
  const bool is_damaged = index_ && index_->is_damaged();
  index_.reset();
  if (is_damaged) {
    log_line(LogLevel::warning, "search.rebuild", {{"why", "the search index is damaged"}});
    TRY(SearchIndex::wipe(options_.directory));
  }
  if (!connection_) connection_ = TRY(options_.connect());
  adopt(TRY(open_or_begin(options_.directory, *connection_)));
  return {};
}

// What the next batch takes of each tenant's log, the tenant served last being last in turn.
std::vector<Search::Impl::Backlog> Search::Impl::backlogs() {
  std::vector<Backlog> backlogs;
  const std::lock_guard lock(mutex_);
  std::uint64_t room = options_.events_per_batch;
  auto at = followed_.upper_bound(served_last_);
  for (std::size_t i = 0; i < followed_.size() && room > 0; ++i, ++at) {
    if (at == followed_.end()) at = followed_.begin();
    const auto& [tenant, followed] = *at;
    if (followed.committed <= followed.indexed) continue;
    const std::uint64_t count = std::min(room, followed.committed - followed.indexed);
    backlogs.push_back({tenant, {followed.indexed, followed.indexed + count}});
    room -= count;
    served_last_ = tenant;
  }
  return backlogs;
}

Result<void> Search::Impl::index_batch() {
  bool must_reopen = false;
  {
    const std::lock_guard lock(mutex_);
    must_reopen = must_reopen_;
  }
  if (must_reopen) TRY(reopen());

  const auto backlogs = this->backlogs();
  std::vector<IndexProgress> progress;
  postings_.clear();
  progress.reserve(backlogs.size());
  for (const auto& backlog : backlogs) progress.push_back(TRY(collect(backlog)));

  auto advanced = progress;
  std::erase_if(advanced, [](const auto& tenant) { return tenant.last_leaf.empty(); });
  if (!advanced.empty()) TRY(index_->add(postings_, advanced));
  publish(backlogs, progress);
  return {};
}

// Appends the postings of the tenant's next events; says how far they go, with no leaf if nowhere.
Result<IndexProgress> Search::Impl::collect(const Backlog& backlog) {
  const auto& [tenant, range] = backlog;
  IndexProgress progress{tenant, range.begin, {}};
  const auto rows = TRY(connection_->query(
      kLeavesFrom, {position_of(tenant, range.begin), position_of(tenant, range.end)}));
  for (; progress.size < range.end && TRY(rows->next()); ++progress.size) {
    if (rows->integer(0) != position_of(tenant, progress.size)) break;  // A gap: verify says so.
    const auto facets = facets_of(rows->bytes(2));
    if (facets) {
      terms_.clear();
      append_terms(*facets, terms_);
      for (const Term& term : terms_) postings_.push_back({tenant, term, progress.size});
    } else {
      log_line(LogLevel::error, "search.event_unreadable",
               {{"tenant", text_of(tenant)}, {"sequence", std::to_string(progress.size)}});
    }
    progress.last_leaf = rows->bytes(1);
  }
  return progress;
}

void Search::Impl::publish(const std::vector<Backlog>& done,
                           const std::vector<IndexProgress>& progress) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < done.size(); ++i) {
    auto& followed = followed_[done[i].tenant];
    const std::uint64_t indexed = progress[i].size;
    // Fewer than we were told: whoever said so asked for what is not there. We believe the log,
    // unless more was committed meanwhile, rather than look again and again.
    const bool is_short = indexed < done[i].range.end && followed.committed == done[i].range.end;
    set(followed, {indexed, is_short ? indexed : followed.committed});
  }
  if (waiting_ > 0) progress_.notify_all();
}

Search::Search(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Search::~Search() = default;

Result<std::unique_ptr<Search>> Search::open(Options options) {
  auto connection = TRY(options.connect());
  auto opened = TRY(open_or_begin(options.directory, *connection));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(connection), std::move(opened));
  TRY(impl->start());
  return std::unique_ptr<Search>(new Search(std::move(impl)));
}

void Search::committed(TenantNumber tenant, std::uint64_t size) {
  impl_->committed(tenant, size);
}

Result<FoundPage> Search::find(Connection& connection, TenantNumber tenant, const EventQuery& query,
                               std::chrono::milliseconds patience) const {
  const LogView log(connection, tenant);
  const Filters filters = filters_of(query);
  if (terms_of(filters).empty()) {  // The log itself answers, and is never behind.
    return read_page(log, TRY(range_of(log, query)), query.limit);
  }
  return impl_->find(log, filters, query, std::chrono::steady_clock::now() + patience);
}

Result<std::uint64_t> Search::sequence_of(Connection& connection, TenantNumber tenant,
                                          const EventId& id, std::uint64_t end_sequence) const {
  Filters filters;
  filters.id = id.text();
  EventQuery query;
  query.end_sequence = end_sequence;
  query.limit = 1;
  const auto page = TRY(impl_->find(LogView(connection, tenant), filters, query,
                                    std::chrono::steady_clock::now() + std::chrono::seconds(5)));
  if (page.events.empty()) return Error{Code::not_found, "no such event"};
  return page.events.front().sequence;
}

std::uint64_t Search::lag() const {
  return impl_->lag();
}

bool Search::is_failing() const {
  return impl_->is_failing();
}

}  // namespace assent::store
