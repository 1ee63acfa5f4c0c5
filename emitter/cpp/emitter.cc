#include "base/random.h"
#include "base/redact.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "emitter/cpp/event.h"
#include "emitter/cpp/flusher.h"
#include "emitter/cpp/fork_mark.h"
#include "emitter/cpp/producer_id.h"
#include "emitter/cpp/sending.h"
#include "emitter/cpp/spool.h"
#include "emitter/cpp/transport.h"

#include <algorithm>
#include <array>
#include <assent/emitter.h>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace assent::emitter {
namespace {

using std::chrono::steady_clock;

// Of an emit without a spool, which the caller waits for.
constexpr unsigned kAttemptsMax = 5;
constexpr std::chrono::milliseconds kCloseTimeout{10'000};
constexpr std::uint64_t kSegmentBytesMin = 4096;
constexpr std::size_t kTenantBytesMax = 63;

class GivenClock final : public Clock {
 public:
  explicit GivenClock(std::function<Timestamp()> now) : now_(std::move(now)) {}
  Timestamp now() const override { return now_ ? now_() : system_.now(); }

 private:
  const std::function<Timestamp()> now_;
  SystemClock system_;
};

class GivenRandom final : public Random {
 public:
  explicit GivenRandom(std::function<void(std::span<std::uint8_t>)> fill)
      : fill_(std::move(fill)) {}
  void fill(std::span<std::uint8_t> out) override { fill_ ? fill_(out) : system_.fill(out); }

 private:
  const std::function<void(std::span<std::uint8_t>)> fill_;
  SystemRandom system_;
};

Error misconfigured(std::string message) {
  return {.fault = Fault::misconfigured, .message = std::move(message)};
}

bool is_tenant(std::string_view text) {
  const auto is_part = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kTenantBytesMax && is_part(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_part(c) || c == '-'; });
}

std::optional<Error> fault_of(const SpoolOptions& spool) {
  if (spool.directory.empty()) return misconfigured("spool.directory is required");
  if (!is_producer_name(spool.producer)) {
    return misconfigured("spool.producer must be 1 to 91 of A-Z, a-z, 0-9, '.', '_' and '-'");
  }
  if (spool.sync == Sync::unset) {
    return misconfigured("spool.sync must be one of each, interval, never");
  }
  if (spool.flush_events < 1) return misconfigured("spool.flush_events must be at least 1");
  if (spool.segment_bytes < kSegmentBytesMin || spool.bytes_max < spool.segment_bytes) {
    return misconfigured("spool.segment_bytes must be at least 4096 and at most spool.bytes_max");
  }
  return std::nullopt;
}

std::optional<Error> fault_of(const Options& options) {
  if (!options.send) {
    if (auto fault = Transport::fault_of(options.url)) return fault;
  }
  if (options.keys.empty()) return misconfigured("keys must name a tenant");
  for (const auto& [tenant, key] : options.keys) {
    if (!is_tenant(tenant)) {
      return misconfigured("keys: " + escape_for_terminal(tenant) + " is no tenant's name");
    }
    const bool is_printable =
        std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7F'; });
    if (key.empty() || !is_printable) {
      return misconfigured("keys: the key of " + tenant + " must be printable ASCII");
    }
  }
  for (const std::string& name : options.redact) {
    if (!is_utf8(name) || !Redactor::is_declarable(name)) {
      return misconfigured("redact: " + escape_for_terminal(name) +
                           " must have a letter or digit, and at most 64 bytes");
    }
  }
  return options.spool ? fault_of(*options.spool) : std::nullopt;
}

void report_to_standard_error(std::string_view kind, std::string_view text) {
  const std::string line =
      "assent-emitter: " + std::string(kind) + ": " + escape_for_terminal(text) + "\n";
  std::fputs(line.c_str(), stderr);
}

}  // namespace

// ---- the core, which stays where it is when an Emitter is moved ----

class internal::Core {
 public:
  explicit Core(Options options)
      : options_(std::move(options)),
        redactor_(options_.redact),
        clock_(options_.now),
        random_(options_.random),
        report_(options_.report ? options_.report : &report_to_standard_error),
        send_(options_.send) {
    if (send_) return;
    transport_ = std::make_unique<Transport>(Transport::Settings{
        .url = options_.url, .ca_file = options_.ca_file, .timeout = options_.request_timeout});
    send_ = [this](const Request& request) { return transport_->send(request); };
  }
  ~Core() { close(kCloseTimeout); }

  std::optional<Error> open_spool() {
    if (!options_.spool) return std::nullopt;
    auto spool = TRY(Spool::open(options_, random_, report_));
    flusher_ = std::make_unique<Flusher>(FlusherParts{.options = options_,
                                                      .send = send_,
                                                      .report = report_,
                                                      .clock = clock_,
                                                      .random = random_},
                                         std::move(spool));
    return std::nullopt;
  }

  std::string_view producer() const {
    return flusher_ ? std::string_view(flusher_->producer()) : std::string_view();
  }

  Result<Receipt> emit(const Event& event) {
    const Prepared prepared = TRY(make(event, /*is_emit=*/IsSent::alone));
    auto receipt = flusher_ ? flusher_->add_and_wait(prepared) : emit_now(prepared);
    if (receipt) log(prepared);
    return receipt;
  }

  Result<Spooled> buffer(const Event& event) {
    if (!flusher_) return misconfigured("buffer() needs a spool");
    const Prepared prepared = TRY(make(event, IsSent::in_batch));
    auto spooled = flusher_->add(prepared);
    if (spooled) log(prepared);
    return spooled;
  }

  std::size_t flush(std::chrono::milliseconds timeout) {
    return flusher_ && !usability_fault() ? flusher_->flush(timeout) : 0;
  }

  std::size_t close(std::chrono::milliseconds timeout) {
    if (abandon_if_child()) return 0;
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
      closing_.notify_all();
    }
    return flusher_ ? flusher_->close(timeout) : 0;
  }

  // True in the child of a fork, which has neither the parent's threads nor the spool.
  bool abandon_if_child() {
    if (!fork_mark_.is_child()) return false;
    if (flusher_) flusher_->abandon();
    return true;
  }

 private:
  enum class IsSent { alone, in_batch };

  std::optional<Error> usability_fault() const {
    if (is_closed_) return Error{.fault = Fault::closed, .message = "the emitter is closed"};
    if (fork_mark_.is_child()) {
      return Error{.fault = Fault::closed,
                   .message = "the emitter is of the parent process: make one after the fork"};
    }
    return std::nullopt;
  }

  Result<Prepared> make(const Event& event, IsSent how) {
    if (auto fault = usability_fault()) return std::move(*fault);
    const Making making{.keys = options_.keys,
                        .redactor = redactor_,
                        .random = random_,
                        .has_header = how == IsSent::alone,
                        .has_log_line = static_cast<bool>(options_.log)};
    const auto active = options_.current_trace ? options_.current_trace() : std::nullopt;
    return prepare(event, making, clock_.now(), active);
  }

  Result<Receipt> emit_now(const Prepared& prepared) {
    const std::string& key = options_.keys.at(prepared.tenant);
    std::string bytes;
    if (auto fault = write_bytes(bytes, prepared, std::nullopt)) return std::move(*fault);
    const Request request = event_request(key, std::move(bytes), prepared.traceparent);
    const auto deadline = steady_clock::now() + options_.emit_timeout;
    for (unsigned attempt = 0;; ++attempt) {
      Delivery delivery = std::vector<Receipt>();
      if (prepared.blob) {
        delivery = send_blob(send_, blob_request(key, *prepared.blob), Patience::single);
      }
      if (std::holds_alternative<std::vector<Receipt>>(delivery)) {
        delivery = send_event(send_, request, prepared.id, Patience::single);
      }
      if (auto* receipts = std::get_if<std::vector<Receipt>>(&delivery)) {
        return std::move(receipts->front());
      }
      if (auto* refused = std::get_if<Error>(&delivery)) return std::move(*refused);
      const Later& later = std::get<Later>(delivery);
      const auto next = steady_clock::now() + pause_after(attempt, later.after, random_);
      if (attempt + 1 == kAttemptsMax || next > deadline || !wait_until(next)) {
        return Error{.fault = Fault::unconfirmed,
                     .message = prepared.id + " is not confirmed: " + later.reason,
                     .event_id = prepared.id};
      }
    }
  }

  // False: the emitter was closed meanwhile.
  bool wait_until(steady_clock::time_point moment) {
    std::unique_lock lock(mutex_);
    return !closing_.wait_until(lock, moment, [this] { return is_closed_.load(); });
  }

  void log(const Prepared& prepared) const {
    if (options_.log) options_.log(prepared.log_line);
  }

  const Options options_;
  const Redactor redactor_;
  const GivenClock clock_;
  GivenRandom random_;
  const Report report_;
  Send send_;
  std::unique_ptr<Transport> transport_;
  const ForkMark fork_mark_;

  std::mutex mutex_;
  std::condition_variable closing_;
  std::atomic<bool> is_closed_ = false;
  std::unique_ptr<Flusher> flusher_;  // Last: its thread uses what stands above.
};

Result<Receipt> internal::emit(Core& core, const Event& event) {
  return core.emit(event);
}

Result<Spooled> internal::buffer(Core& core, const Event& event) {
  return core.buffer(event);
}

std::string_view internal::word(ActorType type) {
  switch (type) {
    case ActorType::human:
      return "human";
    case ActorType::agent:
      return "agent";
    case ActorType::service:
      return "service";
    case ActorType::system:
      return "system";
    case ActorType::webhook:
      return "webhook";
  }
  return "";
}

const Event& internal::empty_event() {
  static const Event empty;
  return empty;
}

void internal::Release::operator()(Core* core) const {
  std::unique_ptr<Core> owned(core);
  // It stays in a child's memory: threads of the parent may hold its locks for good, wait for its
  // conditions, which cannot be destroyed then, and speak TLS over its connections.
  if (core->abandon_if_child()) static_cast<void>(owned.release());
}

Result<Emitter> Emitter::open(Options options) {
  if (auto fault = fault_of(options)) return std::move(*fault);
  auto core = std::make_unique<internal::Core>(std::move(options));
  if (auto fault = core->open_spool()) return std::move(*fault);
  return Emitter(std::move(core));
}

Emitter::Emitter(std::unique_ptr<internal::Core> core) : core_(core.release()) {}
Emitter::Emitter(Emitter&&) noexcept = default;
Emitter& Emitter::operator=(Emitter&&) noexcept = default;
Emitter::~Emitter() = default;

std::string_view Emitter::producer() const {
  return core_->producer();
}

std::size_t Emitter::flush(std::chrono::milliseconds timeout) {
  return core_->flush(timeout);
}

std::size_t Emitter::close(std::chrono::milliseconds timeout) {
  return core_->close(timeout);
}

}  // namespace assent::emitter
