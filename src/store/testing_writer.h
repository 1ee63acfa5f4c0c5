// A disk that betrays the writer, and the jobs that find out. For tests only.
#pragma once

#include "base/json.h"
#include "domain/event.h"
#include "store/connection.h"
#include "store/store.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace assent::store {

// Where the disk betrays us. `after_commit` is the cruel one: the batch is durable and we are told
// it is not.
enum class Fault { none, at_begin, at_append, before_commit, after_commit };

// A connection whose fault can be switched on for a number of times. One thread uses the
// connection; any may switch.
class FaultyConnection final : public Connection {
 public:
  explicit FaultyConnection(std::unique_ptr<Connection> real) : real_(std::move(real)) {}

  void break_next(Fault fault, int times) {
    fault_ = fault;
    times_ = times;
  }
  void heal() { times_ = 0; }
  Connection& real() { return *real_; }

  Result<std::int64_t> run(std::string_view sql,
                           std::initializer_list<Parameter> parameters) override {
    if (sql.find("INTO events") != sql.npos && strikes(Fault::at_append)) return gone();
    return real_->run(sql, parameters);
  }
  Result<std::unique_ptr<Rows>> query(std::string_view sql,
                                      std::initializer_list<Parameter> parameters) override {
    return real_->query(sql, parameters);
  }
  Result<void> script(std::string_view sql) override { return real_->script(sql); }
  Result<void> begin() override {
    if (strikes(Fault::at_begin)) return gone();
    return real_->begin();
  }
  Result<void> begin_snapshot() override { return real_->begin_snapshot(); }
  Result<void> commit() override {
    if (strikes(Fault::before_commit)) {
      real_->rollback();
      return Error{Code::uncertain, "the disk broke"};
    }
    TRY(real_->commit());
    if (strikes(Fault::after_commit)) return Error{Code::uncertain, "the disk broke"};
    return {};
  }
  void rollback() override { real_->rollback(); }
  Result<void> savepoint() override { return real_->savepoint(); }
  Result<void> release() override { return real_->release(); }
  Result<void> rollback_to_savepoint() override { return real_->rollback_to_savepoint(); }

 private:
  bool strikes(Fault fault) {
    if (fault_ != fault || times_ <= 0) return false;
    --times_;
    return true;
  }
  static Error gone() { return {Code::unavailable, "the disk is gone"}; }

  std::unique_ptr<Connection> real_;
  std::atomic<Fault> fault_ = Fault::none;
  std::atomic<int> times_ = 0;
};

inline const TraceId kTestTrace = "0123456789abcdef0123456789abcdef";

inline Caller engine_of(const Tenant& tenant) {
  return {.tenant = tenant, .principal = {}, .key = std::nullopt};
}

// Hands `run` to a Writer or a Store and waits for what becomes of it.
template <class Target>
Result<void> write_and_wait(Target& target, const Caller& caller,
                            std::function<Result<void>(Write&)> run) {
  std::promise<Result<void>> promise;
  auto future = promise.get_future();
  auto accepted = target.write(
      {.caller = caller, .trace = kTestTrace, .run = std::move(run), .done = [&](auto result) {
         promise.set_value(std::move(result));
       }});
  if (!accepted) return accepted;
  return future.get();
}

// The same for a reader.
inline Result<void> read_and_wait(Store& store, const Caller& caller,
                                  const std::function<Result<void>(const Read&)>& run) {
  std::promise<Result<void>> promise;
  auto future = promise.get_future();
  auto accepted = store.read({.caller = caller, .run = [&](Result<void> result, const Read* read) {
                                promise.set_value(read == nullptr ? std::move(result) : run(*read));
                              }});
  if (!accepted) return accepted;
  return future.get();
}

// An emitted event that says `number`.
inline PreparedEvent numbered_event(const Tenant& tenant, std::int64_t number, Random& random) {
  const EventId id = EventId::make(from_microseconds(1'700'000'000'000'000), random);
  return prepare({.type = "test.happened",
                  .subject = "test/" + std::to_string(number),
                  .data = Json::object({{"ordinal", number}})},
                 engine_actor(), tenant, kTestTrace, id);
}

// All events of a tenant, in order, through any connection that is not in a transaction.
std::vector<StoredEvent> events_of(Connection& connection, TenantNumber tenant);
// The numbers of those that say one, in order.
std::vector<std::int64_t> numbers_of(Connection& connection, TenantNumber tenant);

}  // namespace assent::store
