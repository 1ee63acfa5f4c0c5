#include "store/writer.h"

#include "base/log.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace assent::store {

namespace {

Error latched() {
  return {Code::corrupt, "the store found damage and does not write any more"};
}

// What a job is told when the transaction around it was lost for `why`: the job itself did nothing
// wrong, so it hears of the store and not of some other job.
Error lost(const Error& why) {
  if (why.code == Code::corrupt || why.code == Code::uncertain) return why;
  return {Code::unavailable, why.detail};
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::start(const Parts& parts, Options options) {
  std::unique_ptr<Writer> writer(new Writer(parts, std::move(options)));
  TRY(writer->reload());
  writer->thread_ = std::thread([raw = writer.get()] { raw->run(); });
  return writer;
}

Writer::Writer(const Parts& parts, Options options) : parts_(parts), options_(std::move(options)) {}

Writer::~Writer() {
  close();
}

void Writer::close() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> Writer::write(WriteJob job) {
  if (is_latched()) return latched();
  {
    const std::lock_guard lock(mutex_);
    if (is_closing_) return Error{Code::unavailable, "the store is closing"};
    if (waiting_.size() >= options_.jobs_max) {
      return Error{Code::overloaded, "too many writes are waiting"};
    }
    waiting_.push_back(std::move(job));
  }
  work_.notify_one();
  return {};
}

void Writer::latch() {
  if (is_latched_.exchange(true, std::memory_order_acq_rel)) return;
  log_line(LogLevel::error, "store.latched", {});
}

std::size_t Writer::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void Writer::run() {
  for (;;) {
    std::vector<WriteJob> jobs = next_jobs();
    if (jobs.empty()) return;
    if (options_.before_batch) options_.before_batch();
    run_batch(jobs);
  }
}

std::vector<WriteJob> Writer::next_jobs() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return is_closing_ || !waiting_.empty(); });
  const auto count = std::min(waiting_.size(), options_.jobs_per_batch_max);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<WriteJob> jobs(std::make_move_iterator(waiting_.begin()),
                             std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return jobs;
}

// From the first job to the last completion. Completions come after COMMIT: a crash before it
// leaves nothing of the batch and nobody who was told otherwise; a crash after it leaves durable
// jobs whose callers do not know, and who find out by their idempotency keys.
void Writer::run_batch(std::vector<WriteJob>& jobs) {
  std::vector<Result<void>> results(jobs.size());
  Batch batch({.connection = parts_.connection,
               .heads = heads_,
               .signers = parts_.signers,
               .sample = parts_.clock.now()});
  busy_since_ = SteadyClock::now();
  const auto outcome = make_durable(batch, jobs, results);
  report(jobs.size(), outcome, batch.changes());
  if (outcome) {
    publish(batch.changes());
  } else {
    if (outcome.error().code == Code::corrupt) latch();
    for (auto& result : results) {
      if (result) result = lost(outcome.error());  // Who failed alone keeps its own reason.
    }
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].done(std::move(results[i]));
}

Result<void> Writer::make_durable(Batch& batch, std::vector<WriteJob>& jobs,
                                  std::vector<Result<void>>& results) {
  TRY(begin());
  auto outcome = run_jobs(batch, jobs, results);
  if (outcome) outcome = commit(batch);
  if (!outcome) abandon(outcome.error());
  return outcome;
}

void Writer::report(std::size_t jobs, const Result<void>& outcome, const Changes& changes) {
  BatchReport report{.jobs = jobs,
                     .duration = SteadyClock::now() - busy_since_.load(),
                     .is_committed = outcome.has_value()};
  if (outcome) {
    report.emitted_events = changes.emitted;
    report.governed_events = changes.governed;
  }
  is_failing_.store(!outcome, std::memory_order_relaxed);
  busy_since_ = SteadyClock::time_point();
  if (options_.reported) options_.reported(report);
}

std::chrono::nanoseconds Writer::busy_for() const {
  const auto since = busy_since_.load();
  if (since == SteadyClock::time_point()) return {};
  return SteadyClock::now() - since;
}

Result<void> Writer::begin() {
  if (is_latched()) return latched();
  if (needs_reload_) TRY(reload());
  next_identities_ = identities_;
  return parts_.connection.begin();
}

// An Error means that the transaction is lost; a job's own goes into `results`.
Result<void> Writer::run_jobs(Batch& batch, std::vector<WriteJob>& jobs,
                              std::vector<Result<void>>& results) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    TRY(batch.begin_job());
    results[i] = run_job(batch, jobs[i]);
    if (results[i]) {
      TRY(batch.keep_job());
    } else {
      // Stop before making it worse: with damage about, not even the others' work is committed.
      if (results[i].error().code == Code::corrupt) return results[i].error();
      TRY(batch.undo_job());
    }
    // A key that one job revoked must not serve the next.
    if (batch.job_took_rights()) next_identities_ = TRY(Identities::load(parts_.connection));
  }
  if (batch.changes().has_identities) {
    next_identities_ = TRY(Identities::load(parts_.connection));
  }
  return {};
}

Result<void> Writer::run_job(Batch& batch, WriteJob& job) {
  const TenantNumber tenant = job.caller.tenant.number;
  const Timestamp now = TRY(batch.now(tenant));
  const auto caller = next_identities_->refresh(job.caller, now);
  if (!caller) return Error{Code::unauthenticated, "the key is not valid any more"};
  const auto size = TRY(batch.size(tenant));
  Write write({.connection = parts_.connection,
               .blobs = parts_.blobs,
               .search = nullptr,
               .caller = *caller,
               .now = now,
               .size = size,
               .policies = &parts_.policies},
              batch, job.trace, parts_.random);
  try {
    return job.run(write);
  } catch (const std::exception& fault) {  // Of a library, or memory: this job's, not the store's.
    log_line(LogLevel::error, "writer.exception", {{"what", fault.what()}});
    return Error{Code::internal, "the operation failed unexpectedly"};
  }
}

Result<void> Writer::commit(Batch& batch) {
  TRY(batch.write_heads());
  return parts_.connection.commit();
}

// What is in memory may now be ahead of the database, or (uncertain) behind it.
void Writer::abandon(const Error& error) {
  log_line(LogLevel::error, "writer.abandoned", {{"why", error.detail}});
  parts_.connection.rollback();
  heads_.clear();
  needs_reload_ = true;
  // At once, so that those who follow hear of events whose commit was uncertain; begin() tries
  // again if this fails.
  if (const auto result = reload(); !result) {
    log_line(LogLevel::error, "writer.reload", {{"why", result.error().detail}});
  }
}

Result<void> Writer::reload() {
  Heads heads = TRY(load_heads(parts_.connection));
  auto identities = TRY(Identities::load(parts_.connection));
  heads_ = std::move(heads);
  identities_ = std::move(identities);
  needs_reload_ = false;
  Changes all;
  all.has_identities = true;
  for (const auto& [tenant, head] : heads_) {
    all.logs.push_back(tenant);
    all.policies.push_back(tenant);
  }
  if (options_.committed) options_.committed({heads_, all, identities_});
  return {};
}

void Writer::publish(const Changes& changes) {
  identities_ = next_identities_;
  if (options_.committed) options_.committed({heads_, changes, identities_});
}

}  // namespace assent::store
