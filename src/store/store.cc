#include "store/store.h"

#include "base/log.h"
#include "store/checkpoints.h"
#include "store/committed.h"
#include "store/files.h"
#include "store/keeping/master_key.h"
#include "store/proofs/cosigned.h"
#include "store/proofs/prover.h"
#include "store/proofs/receipts.h"
#include "store/proofs/tree.h"
#include "store/readers.h"
#include "store/sqlite/sqlite_connection.h"
#include "store/sqlite/wal_mover.h"
#include "store/state/deadlines.h"
#include "store/state/policies_in_force.h"
#include "store/writer.h"

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace assent::store {

namespace {

// How much of the log a rollback could take unnoticed, in time.
constexpr auto kCheckpointPeriod = std::chrono::seconds(1);
constexpr std::int64_t kWriterCacheKibibytes = 65536;

// Writes what is there already: as much of a commit as there can be without an event.
constexpr std::string_view kProbe = R"sql(
  UPDATE heads
     SET size = size
   WHERE tenant = $1)sql";

// The host's name stands in front of each log's.
Result<ledger::Cosigner> witness_of(const Signers& signers, const Identities& identities) {
  if (identities.tenants().empty()) return Error{Code::not_found, "the store has no tenant"};
  const Tenant& tenant = identities.tenants().front();
  const std::string suffix = "/t/" + tenant.name;
  CHECK(tenant.origin.ends_with(suffix));
  return signers.witness(tenant.origin.substr(0, tenant.origin.size() - suffix.size()) +
                         "/witness");
}

}  // namespace

class Store::Impl {
 public:
  Impl(StoreOptions options, const Clock& the_clock, Random& the_random, DirectoryLock lock,
       Secret master)
      : clock(the_clock),
        random(the_random),
        options_(std::move(options)),
        lock_(std::move(lock)),
        signers(std::move(master)),
        checkpoints(options_.directory + "/checkpoints", signers,
                    [this](const Tenant& tenant, ledger::Frontier& frontier, std::uint64_t size) {
                      const std::lock_guard lock_it(deadline_mutex_);
                      return extend(*deadline_connection_, tenant, frontier, size);
                    }),
        cosigned(options_.directory + "/checkpoints"),
        vitals(options_.directory) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> open();
  Result<std::string> checkpoint(const Tenant& tenant) {
    return checkpoints.publish(tenant, committed.head(tenant.number));
  }
  // The note and, beside its signature, those of witnesses if they are of its size.
  Result<std::string> with_witnesses(const Tenant& tenant, std::string note) const {
    const auto kept = TRY(cosigned.newest(tenant));
    return kept ? with_cosignatures(note, *kept) : std::move(note);
  }
  Result<std::optional<Timestamp>> next_deadline();
  Result<std::vector<ToExecute>> to_execute(const ToExecute& after, std::int64_t limit);

  const Clock& clock;
  Random& random;

 private:
  Result<void> open_database();
  Result<void> start_threads();
  void close();
  Result<std::unique_ptr<Connection>> connect() const;
  void on_commit(const Committed& now);
  void refresh_checkpoints();
  void probe();
  void run_refresher();

  StoreOptions options_;
  DirectoryLock lock_;

 public:
  const Signers signers;
  Checkpoints checkpoints;
  Cosigned cosigned;
  Vitals vitals;
  CommittedState committed;
  ApprovalChanged approval_changed;
  std::function<void(const BatchReport&)> counted;
  std::unique_ptr<Blobs> blobs;
  std::unique_ptr<PoliciesInForce> policies;
  std::unique_ptr<RememberedIds> remembered_ids;

 private:
  std::unique_ptr<Connection> connection_;  // The writer's.
  std::unique_ptr<WalMover> wal_mover_;

  std::mutex deadline_mutex_;
  std::unique_ptr<Connection> deadline_connection_;  // Guarded by deadline_mutex_.

 public:
  std::unique_ptr<Search> search;  // Null if not needed.
  const Prover prover{checkpoints, committed};
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Readers> readers;
  std::unique_ptr<Receipts> receipts;

 private:
  std::mutex refresher_mutex_;
  std::condition_variable refresher_wakes_;
  bool is_closing_ = false;  // Guarded by refresher_mutex_.
  std::thread refresher_;    // Last: it uses everything above.
};

Result<void> Store::Impl::open() {
  TRY(open_database());
  blobs = TRY(Blobs::open(options_.directory + "/blobs"));
  policies = std::make_unique<PoliciesInForce>(*blobs);
  remembered_ids = TRY(RememberedIds::load(*connection_));
  const auto identities = TRY(Identities::load(*connection_));
  checkpoints.know(identities);
  TRY(check_logs(*connection_, *identities, checkpoints));
  for (const Tenant& tenant : identities->tenants()) {
    const Head head = TRY(load_head(*connection_, tenant.number));
    TRY(complete_tree(*connection_, tenant.number, head.size()));
  }
  return start_threads();
}

Result<void> Store::Impl::open_database() {
  const std::string path = options_.directory + "/ledger.db";
  connection_ = TRY(open_sqlite({.path = path,
                                 .mode = SqliteMode::read_write,
                                 .cache_kibibytes = kWriterCacheKibibytes,
                                 .wal_grew = [this](int pages) {
                                   if (wal_mover_) wal_mover_->grew(pages);
                                 }}));
  TRY(migrate(*connection_, sqlite_migrations()));
  wal_mover_ = TRY(WalMover::open(path));
  deadline_connection_ = TRY(connect());
  return {};
}

Result<void> Store::Impl::start_threads() {
  if (options_.needs_search) {
    search = TRY(Search::open(
        {.directory = options_.directory + "/search", .connect = [this] { return connect(); }}));
  }
  writer = TRY(Writer::start({.connection = *connection_,
                              .clock = clock,
                              .random = random,
                              .blobs = *blobs,
                              .signers = signers,
                              .policies = *policies},
                             {.jobs_max = options_.write_jobs_max,
                              .committed = [this](const Committed& now) { on_commit(now); },
                              .before_batch = [this] { wal_mover_->give_way(); },
                              .reported =
                                  [this](const BatchReport& report) {
                                    if (counted) counted(report);
                                  }}));
  readers = TRY(Readers::start({.connect = [this] { return connect(); },
                                .clock = clock,
                                .blobs = *blobs,
                                .search = search.get(),
                                .prover = &prover,
                                .damaged = [this] { writer->latch(); }},
                               {.threads = options_.readers, .jobs_max = options_.read_jobs_max}));
  receipts = std::make_unique<Receipts>(Receipts::Parts{
      .connection = TRY(connect()), .checkpoints = checkpoints, .committed = committed});
  vitals.look();
  refresher_ = std::thread([this] { run_refresher(); });
  return {};
}

// Readers first: what they started may still be written. Both objects outlive both closings,
// because a job of one may hand over to the other.
void Store::Impl::close() {
  if (readers) readers->close();
  if (writer) writer->close();
  if (receipts) receipts->close();  // What the writer has just done may still want one.
  {
    const std::lock_guard lock(refresher_mutex_);
    is_closing_ = true;
  }
  refresher_wakes_.notify_one();
  if (refresher_.joinable()) refresher_.join();
}

Result<std::unique_ptr<Connection>> Store::Impl::connect() const {
  return open_sqlite({.path = options_.directory + "/ledger.db", .mode = SqliteMode::read_only});
}

void Store::Impl::on_commit(const Committed& now) {
  // Before anybody can see a head that a new key has to sign.
  if (now.changes.has_identities) checkpoints.know(now.identities);
  for (const TenantNumber tenant : now.changes.policies) policies->know(*connection_, tenant);
  for (const TenantNumber tenant : now.changes.logs) {
    remembered_ids->note(now.heads.at(tenant).time);
  }
  committed.update(now);
  if (search) {
    for (const TenantNumber tenant : now.changes.logs) {
      search->committed(tenant, now.heads.at(tenant).size());
    }
  }
  if (approval_changed) {
    for (const auto& [tenant, approval] : now.changes.approvals) approval_changed(tenant, approval);
  }
}

void Store::Impl::run_refresher() {
  for (bool is_last = false; !is_last;) {
    {
      std::unique_lock lock(refresher_mutex_);
      is_last = refresher_wakes_.wait_for(lock, kCheckpointPeriod, [this] { return is_closing_; });
    }
    vitals.look();
    if (writer->is_failing() && !is_last) probe();
    refresh_checkpoints();  // Once more when closing: the writer has stopped by then.
  }
}

// A store that says it is not ready gets no writes that could show that it has recovered, so it
// must try by itself.
void Store::Impl::probe() {
  const auto identities = committed.identities();
  if (identities->tenants().empty()) return;
  Caller engine;
  engine.tenant = identities->tenants().front();
  const auto touch = [](Write& write) -> Result<void> {
    TRY(write.connection().run(kProbe, {write.tenant_key()}));
    return {};
  };
  const auto accepted = writer->write({.caller = std::move(engine),
                                       .trace = make_trace(random),
                                       .run = touch,
                                       .done = [](const Result<void>&) {}});
  if (!accepted) return;  // Full: then others try. Latched: then nobody should.
}

void Store::Impl::refresh_checkpoints() {
  const auto identities = committed.identities();
  bool are_durable = true;
  for (const TenantNumber number : committed.take_grown()) {
    const Tenant* const tenant = identities->tenant(number);
    if (tenant == nullptr) continue;
    const auto note = checkpoint(*tenant);
    if (note) continue;
    are_durable = false;
    committed.keep_grown(number);
    log_line(LogLevel::warning, "store.checkpoint",
             {{"tenant", tenant->name}, {"why", note.error().detail}});
  }
  if (const auto written = checkpoints.write_notes(); !written) {
    are_durable = false;
    log_line(LogLevel::warning, "store.checkpoint", {{"why", written.error().detail}});
  }
  vitals.note_checkpoints(are_durable);
}

Result<std::optional<Timestamp>> Store::Impl::next_deadline() {
  const std::lock_guard lock(deadline_mutex_);
  return store::next_deadline(*deadline_connection_);
}

Result<std::vector<ToExecute>> Store::Impl::to_execute(const ToExecute& after, std::int64_t limit) {
  const std::lock_guard lock(deadline_mutex_);
  return store::to_execute(*deadline_connection_, after, clock.now(), limit);
}

Result<std::unique_ptr<Store>> Store::open(StoreOptions options, const Clock& clock,
                                           Random& random) {
  // Before the lock, which would make its file in a directory that is none of ours.
  Secret master = TRY(load_master(options.directory, options.seal_file));
  DirectoryLock lock = TRY(DirectoryLock::take(options.directory));
  auto impl =
      std::make_unique<Impl>(std::move(options), clock, random, std::move(lock), std::move(master));
  TRY(impl->open());
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<void> Store::write(WriteJob job) {
  return impl_->writer->write(std::move(job));
}

Result<void> Store::read(ReadJob job) {
  return impl_->readers->read(std::move(job));
}

const RememberedIds& Store::remembered_ids() const {
  return *impl_->remembered_ids;
}

std::shared_ptr<const Identities> Store::identities() const {
  return impl_->committed.identities();
}

const Blobs& Store::blobs() const {
  return *impl_->blobs;
}

const PoliciesInForce& Store::policies() const {
  return *impl_->policies;
}

const Clock& Store::clock() const {
  return impl_->clock;
}

Random& Store::random() {
  return impl_->random;
}

Result<std::string> Store::checkpoint(const Tenant& tenant) {
  return impl_->with_witnesses(tenant, TRY(impl_->checkpoint(tenant)));
}

Result<std::uint64_t> Store::published_size(const Tenant& tenant) const {
  return impl_->checkpoints.published_size(tenant);
}

std::string Store::verifier_key(const Tenant& tenant) const {
  const LogKeys keys = impl_->committed.identities()->log_keys(tenant.number);
  const auto signer = impl_->signers.of(tenant.origin, keys.back().generation);
  CHECK(signer);  // It signed when the tenant was founded.
  return (*signer)->verifier_key().text();
}

Result<std::string> Store::published_checkpoint(const Tenant& tenant) {
  return impl_->with_witnesses(tenant, TRY(impl_->checkpoints.newest(tenant)));
}

Result<std::optional<std::string>> Store::cosigned_checkpoint(const Tenant& tenant) const {
  return impl_->cosigned.newest(tenant);
}

Result<void> Store::keep_cosigned(const Tenant& tenant, const std::string& note) {
  return impl_->cosigned.keep(tenant, note);
}

Result<std::vector<Hash>> Store::consistency(const Tenant& tenant, ledger::Growth growth) {
  // Shared: the reader may still be about to let go of it when the answer is taken.
  const auto answer = std::make_shared<std::promise<Result<std::vector<Hash>>>>();
  Caller engine;
  engine.tenant = tenant;
  TRY(impl_->readers->read(
      {.caller = std::move(engine), .run = [answer, growth](Result<void> could, const Read* read) {
         if (!could) return answer->set_value(std::move(could).error());
         answer->set_value(Prover::consistency(*read, growth));
       }}));
  return answer->get_future().get();
}

Result<ledger::Cosigner> Store::cosigner() const {
  return witness_of(impl_->signers, *impl_->committed.identities());
}

Result<ledger::Cosigner> Store::cosigner(const std::string& directory,
                                         const std::string& seal_file) {
  const Signers signers(TRY(load_master(directory, seal_file)));
  const auto connection =
      TRY(open_sqlite({.path = directory + "/ledger.db", .mode = SqliteMode::read_only}));
  return witness_of(signers, *TRY(Identities::load(*connection)));
}

void Store::receipt(const Tenant& tenant, std::uint64_t sequence, ReceiptDone done) {
  impl_->receipts->make(tenant, sequence, std::move(done));
}

void Store::watch(ApprovalChanged changed) {
  impl_->approval_changed = std::move(changed);
}

Result<std::optional<Timestamp>> Store::next_deadline() {
  return impl_->next_deadline();
}

Result<std::vector<ToExecute>> Store::to_execute(const ToExecute& after, std::int64_t limit) {
  return impl_->to_execute(after, limit);
}

Secret Store::executor_secret(const Tenant& tenant) const {
  return impl_->signers.executor_secret(tenant.origin);
}

Result<Secret> Store::executor_secret(const std::string& directory, std::string_view tenant,
                                      const std::string& seal_file) {
  const Signers signers(TRY(load_master(directory, seal_file)));
  const auto connection =
      TRY(open_sqlite({.path = directory + "/ledger.db", .mode = SqliteMode::read_only}));
  const auto identities = TRY(Identities::load(*connection));
  const Tenant* const found = identities->tenant(tenant);
  if (found == nullptr) return Error{Code::not_found, "there is no such tenant"};
  return signers.executor_secret(found->origin);
}

void Store::count(std::function<void(const BatchReport&)> counted) {
  impl_->counted = std::move(counted);
}

Health Store::health() const {
  return impl_->vitals.health(*impl_->writer, impl_->search.get());
}

std::uint64_t Store::events() const {
  return impl_->committed.events();
}

}  // namespace assent::store
