#include "store/readers.h"

#include "base/log.h"
#include "store/batch.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace assent::store {

namespace {

Result<Head> snapshot_head(Connection& connection, TenantNumber tenant) {
  TRY(connection.begin_snapshot());
  return load_head(connection, tenant);
}

}  // namespace

Result<std::unique_ptr<Readers>> Readers::start(Parts parts, const Options& options) {
  std::unique_ptr<Readers> readers(new Readers(std::move(parts), options));
  for (std::size_t i = 0; i < options.threads; ++i) {
    readers->connections_.push_back(TRY(readers->parts_.connect()));
  }
  for (const auto& connection : readers->connections_) {
    readers->threads_.emplace_back([raw = readers.get(), &connection] { raw->run(*connection); });
  }
  return readers;
}

Readers::Readers(Parts parts, const Options& options)
    : parts_(std::move(parts)), options_(options) {}

Readers::~Readers() {
  close();
}

void Readers::close() {
  std::deque<ReadJob> unanswered;
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    unanswered.swap(waiting_);
  }
  work_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  for (const auto& job : unanswered) {
    job.run(Error{Code::unavailable, "the store is closing"}, nullptr);
  }
}

Result<void> Readers::read(ReadJob job) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closing_) return Error{Code::unavailable, "the store is closing"};
    if (waiting_.size() >= options_.jobs_max) {
      return Error{Code::overloaded, "too many reads are waiting"};
    }
    waiting_.push_back(std::move(job));
  }
  work_.notify_one();
  return {};
}

void Readers::run(Connection& connection) {
  for (;;) {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return is_closing_ || !waiting_.empty(); });
    if (is_closing_) return;
    const ReadJob job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    try {
      run_job(connection, job);
    } catch (const std::exception& fault) {  // Of a library, or memory: this job's alone.
      log_line(LogLevel::error, "reader.exception", {{"what", fault.what()}});
      job.run(Error{Code::internal, "the operation failed unexpectedly"}, nullptr);
    }
    connection.rollback();
  }
}

void Readers::run_job(Connection& connection, const ReadJob& job) {
  const auto head = snapshot_head(connection, job.caller.tenant.number);
  if (!head) {
    if (head.error().code == Code::corrupt && parts_.damaged) parts_.damaged();
    return job.run(head.error(), nullptr);
  }
  const Read read({.connection = connection,
                   .blobs = parts_.blobs,
                   .search = parts_.search,
                   .caller = job.caller,
                   .now = std::max(parts_.clock.now(), head->time),
                   .size = head->size(),
                   .prover = parts_.prover});
  job.run({}, &read);
}

}  // namespace assent::store
