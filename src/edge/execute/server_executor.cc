#include "edge/execute/server_executor.h"

#include "app/start_execution.h"
#include "base/canonical.h"
#include "base/log.h"
#include "base/text.h"
#include "edge/execute/verdict.h"
#include "edge/execute/webhook.h"

#include <algorithm>
#include <array>
#include <future>

namespace assent::execute {

namespace {

constexpr std::chrono::milliseconds kTick{250};
constexpr std::int64_t kPageMax = 256;
// The lease outlives the call, so that its end can be recorded even if the store is slow.
constexpr std::int64_t kLeaseMarginSeconds = 60;
constexpr std::int64_t kTimeoutDefaultSeconds = 30;
constexpr std::size_t kPausesMax = 10'000;

// Runs the job on the writer and waits until it is durable, or certainly is not.
Result<void> write(store::Store& store, const Tenant& tenant, const TraceId& trace,
                   const std::function<Result<void>(store::Write&)>& job) {
  std::promise<Result<void>> done;
  Caller engine;
  engine.tenant = tenant;
  TRY(store.write(
      {.caller = std::move(engine), .trace = trace, .run = job, .done = [&](Result<void> result) {
         done.set_value(std::move(result));
       }}));
  return done.get_future().get();
}

// What the approval says, as of now.
Result<app::ApprovalView> view_of(store::Store& store, const Tenant& tenant,
                                  const ApprovalId& approval) {
  std::promise<Result<app::ApprovalView>> done;
  Caller engine;
  engine.tenant = tenant;
  TRY(store.read(
      {.caller = std::move(engine), .run = [&](Result<void> result, const store::Read* read) {
         if (!result) return done.set_value(std::move(result).error());
         done.set_value(app::get_approval(*read, {.approval = approval}));
       }}));
  return done.get_future().get();
}

std::int64_t timeout_seconds(const app::ApprovalView& view) {
  return view.executor->integer_at("timeoutSeconds").value_or(kTimeoutDefaultSeconds);
}

// `00-<trace>-<span>-01` (W3C Trace Context).
std::string traceparent(const TraceId& trace, Random& random) {
  std::array<std::uint8_t, 8> span{};
  random.fill(span);
  span[0] |= 1;
  return "00-" + trace + '-' + to_hex({reinterpret_cast<const char*>(span.data()), span.size()}) +
         "-01";
}

bool may_pass(Code code) {
  return code == Code::unavailable || code == Code::overloaded || code == Code::uncertain;
}

}  // namespace

ServerExecutor::ServerExecutor(store::Store& store, const ExecutorOptions& options)
    : store_(store), options_(options), thread_([this] { run(); }) {}

ServerExecutor::~ServerExecutor() {
  is_stopping_ = true;
  calls_.wake();
  thread_.join();
}

void ServerExecutor::run() {
  Moment next_look{};
  while (!is_stopping_) {
    const Moment now = std::chrono::steady_clock::now();
    if (now >= next_look) {
      look();
      next_look = now + kTick;
    }
    for (const Calls::Finished& finished : calls_.wait(kTick)) land(finished);
    tell_all();
  }
  drain();
}

// Calls on their way get a little time; what came of the rest is unknown, and is said to be.
void ServerExecutor::drain() {
  const Moment until = std::chrono::steady_clock::now() + options_.drain;
  while (calls_.count() > 0 && std::chrono::steady_clock::now() < until) {
    for (const Calls::Finished& finished : calls_.wait(kTick)) land(finished);
    tell_all();
  }
  for (const auto& [id, flight] : flights_) {
    untold_.push_back({.flight = flight,
                       .completion = {.execution = flight.execution,
                                      .outcome = app::EndedAs::unknown,
                                      .error = Json("the server stopped before an answer came")}});
  }
  tell_all();
}

void ServerExecutor::look() {
  const store::ToExecute after = seen_.value_or(store::ToExecute{});
  const auto due = store_.to_execute(after, kPageMax);
  if (!due) return;  // The store says so itself; the next tick looks again.
  const bool is_all = static_cast<std::int64_t>(due->size()) < kPageMax;
  seen_ = is_all ? std::nullopt : std::optional(due->back());
  for (const store::ToExecute& each : *due) {
    if (calls_.count() >= options_.calls_max) return;
    consider(each);
  }
}

void ServerExecutor::consider(const store::ToExecute& due) {
  const Place place{due.tenant, due.approval};
  const auto paused = pauses_.find(place);
  if (paused != pauses_.end() && std::chrono::steady_clock::now() < paused->second.until) return;
  const auto identities = store_.identities();
  const Tenant* const tenant = identities->tenant(TenantNumber{due.tenant});
  if (tenant == nullptr) return;  // Founded in this moment: the next tick knows it.
  const auto started = start(*tenant, due.approval);
  if (started) return;
  log_line(LogLevel::warning, "executor.start",
           {{"approval", due.approval.text()}, {"why", started.error().detail}});
  pause(place);
}

Result<void> ServerExecutor::start(const Tenant& tenant, const ApprovalId& approval) {
  const app::ApprovalView view = TRY(view_of(store_, tenant, approval));
  if (!view.executor) return Error{Code::corrupt, "the approval names no executor"};
  Flight flight{.execution = {},
                .tenant = tenant,
                .approval = approval,
                .trace = make_trace(store_.random())};
  const app::StartExecution in{.approval = approval,
                               .content_hash = view.content_hash,
                               .lease_seconds = timeout_seconds(view) + kLeaseMarginSeconds};
  app::Started started;
  TRY(write(store_, tenant, flight.trace, [&](store::Write& job) -> Result<void> {
    started = TRY(app::start_for_server(job, in));
    return {};
  }));
  if (started.refused) return Error{Code::invalid_state, started.refused->message};
  flight.execution = started.execution_id;
  send(started.attempt, flight, view);
  return {};
}

void ServerExecutor::send(std::int64_t attempt, const Flight& flight,
                          const app::ApprovalView& view) {
  const std::string id = flight.execution.text();
  const std::string parent = traceparent(flight.trace, store_.random());
  Json body = Json::object({{"executionId", id},
                            {"approvalId", view.id.text()},
                            {"attempt", attempt},
                            {"kind", word(view.kind)},
                            {"contentHash", view.content_hash},
                            {"requestedBy", view.requested_by.text()},
                            {"tenant", flight.tenant.name},
                            {"correlationId", view.correlation_id},
                            {"traceparent", parent}});
  body.set_if("tool", view.tool);
  body.set_if("arguments", view.arguments);
  if (view.kind == Kind::content) {
    body.set_if("title", view.title);
    body.set_if("description", view.description);
    body.set_if("type", view.type);
    body.set_if("content", view.content);
  }
  CallRequest request{.url = std::string(view.executor->string_at("url").value_or("")),
                      .body = canonical_json(body),
                      .timeout = std::chrono::seconds(timeout_seconds(view))};
  request.headers = signed_headers(store_.executor_secret(flight.tenant),
                                   {.id = id, .at = store_.clock().now(), .body = request.body});
  request.headers.push_back("traceparent: " + parent);
  flights_.emplace(calls_.begin(std::move(request)), flight);
}

void ServerExecutor::land(const Calls::Finished& finished) {
  const auto found = flights_.find(finished.id);
  Ending ending{.flight = found->second,
                .completion = verdict(found->second.execution, finished.reply)};
  flights_.erase(found);
  const Place place{static_cast<std::int64_t>(ending.flight.tenant.number), ending.flight.approval};
  if (ending.completion.outcome == app::EndedAs::failure) {
    pause(place);
  } else {
    pauses_.erase(place);
  }
  untold_.push_back(std::move(ending));
}

// What cannot be recorded now is tried again with each tick, until the lease has passed and the
// answer is that the outcome is unknown.
void ServerExecutor::tell_all() {
  std::erase_if(untold_, [this](Ending& ending) { return tell(ending); });
}

bool ServerExecutor::tell(Ending& ending) {
  const auto policy = store_.policies().of(ending.flight.tenant.number);
  if (!policy) {
    log_line(LogLevel::warning, "executor.complete",
             {{"execution", ending.completion.execution.text()}, {"why", policy.error().detail}});
    return false;
  }
  app::redact(ending.completion, (*policy)->redactor);
  std::optional<Refused> refused;
  const auto told = write(store_, ending.flight.tenant, ending.flight.trace,
                          [&](store::Write& job) -> Result<void> {
                            refused = TRY(app::complete_for_server(job, ending.completion)).refused;
                            return {};
                          });
  if (told && !refused) return true;
  const std::string why = told ? refused->message : told.error().detail;
  log_line(LogLevel::warning, "executor.complete",
           {{"execution", ending.completion.execution.text()}, {"why", why}});
  if (told) return true;
  if (told.error().code == Code::unprocessable) {
    // The policy wants a proof and the receiver gave none: nobody may call that a success.
    ending.completion.outcome = app::EndedAs::unknown;
    ending.completion.error = Json("the answer carries no proof, which the policy wants");
    return false;
  }
  return !may_pass(told.error().code);
}

void ServerExecutor::pause(const Place& place) {
  if (pauses_.size() >= kPausesMax) pauses_.clear();  // Then they are tried a little early.
  Pause& pause = pauses_[place];
  auto length = options_.first_pause * (std::int64_t{1} << std::min(pause.count, 20));
  length = std::min<std::chrono::milliseconds>(length, options_.pause_max);
  // Between half and all of it, so that what failed together is not tried again together.
  std::array<std::uint8_t, 2> bytes{};
  store_.random().fill(bytes);
  const std::int64_t share = (bytes[0] << 8 | bytes[1]) + 65'536;
  pause.until = std::chrono::steady_clock::now() + length * share / 131'072;
  ++pause.count;
}

}  // namespace assent::execute
