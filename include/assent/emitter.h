// Records what a program did, on what, for whom, with what outcome and what proof, in the log of an
// Assent server.
//
//   using namespace assent::emitter;
//   auto opened = Emitter::open({.url = "https://assent.example", .keys = {{"acme", api_key}}});
//   if (!opened) …                                       // opened.error().message says why.
//   const auto receipt = opened->audit().for_client("acme").action("content.publish")
//                            .actor(ActorType::agent, "agent-7").target("post", "post-42")
//                            .succeeded().with_api_proof(Value::object({{"status", 201}})).emit();
//   if (!receipt) …                                      // Not recorded, or not known to be.
//
// emit() returns when the event is durable in the server's log, or an Error: an id is never made up
// for something that was not recorded. buffer() writes the event to a spool on disk, which survives
// kill -9, and one thread of the emitter sends it soon, in order, until the server has it once.
//
// Errors are values: nothing here throws on purpose (std::bad_alloc may still pass through), and
// the callbacks in Options must not throw. An Emitter may be used from any thread and from many at
// once; everything else is a plain value. There are no process-wide instances.
//
// Where the rules come from: TypeID 0.3 and UUIDv7 (RFC 9562) for ids, RFC 8785 for the bytes, RFC
// 3339 for times, W3C Trace Context for traces. emitter/README.md has the wire and the spool.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace assent::emitter {

// ---- Results ----

enum class Fault {
  invalid_event,   // The event says something that it must not: `field`. Nothing left the program.
  misconfigured,   // The Options cannot work.
  spool_full,      // There is no room; the event was not taken.
  spool_unusable,  // The spool's directory cannot be used, or the disk refused the event.
  closed,          // The emitter is closed, or belongs to the parent of this process.
  refused,         // The server said no, and would say it again: `status`.
  unconfirmed,     // Nobody knows yet whether the event is in the log: `event_id`. With a spool it
                   // will still be sent; without one, repeat it only if two are no harm.
};

struct Error {
  Fault fault = Fault::misconfigured;
  std::string message;        // A sentence for people, such as `targetId is required`.
  std::string field = {};     // Of an invalid event: `targetId`, `proof.url`, `metadata.a[2]`.
  std::string event_id = {};  // Of an unconfirmed one.
  int status = 0;             // Of a refused one: the HTTP status.
};

// A T or an Error, with the member names of std::expected (C++23).
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !has_value().
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

// ---- JSON, for metadata and proofs ----

// A JSON value. Whole numbers beyond ±(2^53−1) and numbers that are not finite are refused when the
// event is emitted, because not every reader would get the same number. At most 64 levels.
class Value {
 public:
  using Array = std::vector<Value>;
  using Member = std::pair<std::string, Value>;
  using Object = std::vector<Member>;

  Value(std::nullptr_t = nullptr) {}
  Value(bool value) : value_(value) {}
  template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) Value(T value) {
    if (std::in_range<std::int64_t>(value)) {
      value_ = static_cast<std::int64_t>(value);
    } else {
      value_ = static_cast<double>(value);  // Beyond what an event may say, and stays so.
    }
  }
  Value(double value) : value_(value) {}
  Value(std::string text) : value_(std::move(text)) {}  // UTF-8.
  Value(std::string_view text) : value_(std::string(text)) {}
  Value(const char* text) : value_(std::string(text)) {}
  Value(Array items) : value_(std::move(items)) {}

  // Of two members of one name the later counts.
  static Value object(Object members = {});
  // The value that `json` is, whole: for answers of other services, kept as proof. Numbers that
  // would not survive, duplicate names and text that is not UTF-8 are an invalid_event.
  static Result<Value> parse(std::string_view json);

  // null, bool, int64, double, string, array and object have the indices 0 to 6.
  using Variant =
      std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object>;
  const Variant& variant() const { return value_; }

  bool is_object() const { return value_.index() == 6; }
  // Sets or replaces a member. REQUIRES: is_object().
  void set(std::string name, Value value);

 private:
  Variant value_ = nullptr;
};

// ---- Events ----

// What shows that it happened. `type` is one of screenshot, api_response, hash, url, none.
struct Proof {
  std::string type;
  // What the other side answered. Beyond 16 KiB of JSON it is stored as a blob of its own; beyond
  // 1 MiB it is refused.
  std::optional<Value> data = {};
  std::optional<std::string> url = {};          // At most 2048 bytes.
  std::optional<std::string> sha256 = {};       // `sha256:` and 64 lower-case hexadecimal digits.
  std::optional<std::string> captured_at = {};  // RFC 3339 in UTC: `2026-11-21T07:00:00Z`.
  std::optional<std::string> blob = {};         // Instead of data: a blob that is stored already.
};

Proof api_proof(Value data);
Proof hash_proof(std::string sha256);
// What an address shows may change: without the hash of what it showed, the event says
// `unverified`.
Proof url_proof(std::string url, std::optional<std::string> sha256 = {});
Proof screenshot_proof(std::string url, std::optional<std::string> sha256 = {});

// Everything that a program can say of one thing that it did. The first seven are required; an
// empty one is an error, `<field> is required`, where <field> is the name beside it. Events are
// best built with Emitter::audit(), which does not compile without them; this is for programs that
// get them from elsewhere.
struct Event {
  std::string client_id;    // clientId: a tenant for which the emitter has a key.
  std::string action_type;  // actionType: dotted lower-case words, such as content.publish.
  std::string actor_type;   // actorType: human, agent, service, system, webhook, or user (human).
  std::string actor_id;     // actorId: at most 255 bytes.
  std::string target_type;  // targetType: at most 100 bytes.
  std::string target_id;    // targetId: at most 255 bytes.
  std::string outcome;      // outcome: success, failure, partial, pending.
  std::optional<Proof> proof = {};
  std::optional<Value> metadata = {};  // An object.
  // Any text of at most 255 bytes, or a W3C `traceparent`, whose trace is meant then. Absent: the
  // trace that Options::current_trace tells, else a new one.
  std::optional<std::string> correlation_id = {};
  std::optional<std::string> causation_id = {};  // The id of the event that caused this one.
};

enum class ActorType { human, agent, service, system, webhook };

// Where an event stands in the log, durably.
struct Receipt {
  std::string id;              // `evt_…`
  std::uint64_t sequence = 0;  // Its place in the tenant's log.
  std::string time;            // When the server took it: RFC 3339, UTC.
};

// An event in the spool, which will be sent.
struct Spooled {
  std::string id;              // `evt_…`: what it will be called in the log.
  std::uint64_t sequence = 0;  // The producer's number of it, from 1, one count for each tenant.
};

// ---- Options ----

// A position in a distributed trace: 32 and 16 lower-case hexadecimal digits.
struct Trace {
  std::string trace_id;
  std::string span_id;
};

// When an event that was buffered survives a loss of power. kill -9 is survived with all of them,
// and whatever this says, an event is on the disk before it is sent.
enum class Sync {
  unset,     // Not a choice: it has to be made.
  each,      // Before buffer() returns.
  interval,  // After SpoolOptions::sync_interval at most.
  never,     // When the operating system likes.
};

// What buffer() does when the spool is full. Nothing that was spooled is ever dropped.
enum class WhenFull {
  fail,   // Return Fault::spool_full.
  block,  // Wait until the server has taken enough.
};

struct SpoolOptions {
  std::string directory;  // Of this emitter alone: another process gets an error. Made if absent.
  // A name for who numbers the events, 1 to 91 of A-Z a-z 0-9 . _ -. Each new spool adds to it what
  // tells it from others of that name: Emitter::producer().
  std::string producer;
  Sync sync = Sync::unset;
  std::chrono::milliseconds sync_interval{1000};
  std::uint64_t bytes_max = 64U * 1024 * 1024;
  std::uint64_t segment_bytes = 4U * 1024 * 1024;  // A file of the spool; at least 4096.
  WhenFull when_full = WhenFull::fail;
  std::size_t flush_events = 100;               // Sent when so many wait …
  std::chrono::milliseconds flush_after{5000};  // … or when one has waited for so long.
};

// An HTTP exchange, for those who bring their own way to the server.
struct Request {
  std::string method;  // POST or PUT.
  std::string path;    // /v1/…: what follows Options::url.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
struct Answer {
  int status = 0;  // 0: no answer came, and `body` says why.
  std::string body;
  std::chrono::seconds retry_after{0};
};

struct Options {
  std::string url;                          // Such as https://assent.example.
  std::map<std::string, std::string> keys;  // Of each tenant, the API key. Never logged.
  std::optional<SpoolOptions> spool = {};   // Needed by buffer().

  std::chrono::milliseconds request_timeout{10'000};
  std::chrono::milliseconds emit_timeout{30'000};  // Of emit(), with all its attempts.
  std::string ca_file = {};                        // PEM, instead of the system's certificates.

  // Names (of members at any depth) whose values are secret here, besides the well-known ones.
  std::vector<std::string> redact = {};

  // The active trace; nothing, or zeros, if there is none. With OpenTelemetry:
  // the trace and span id of opentelemetry::trace::Tracer::GetCurrentSpan()->GetContext().
  std::function<std::optional<Trace>()> current_trace = {};
  // Gets one line of JSON for each event that was taken: what, on what, for whom, with what
  // outcome, and never what the event carries.
  std::function<void(std::string_view line)> log = {};
  // Is told, from the emitter's thread, what nobody else would hear. `kind` is damaged (bytes of
  // the spool were set aside), disk, refused (the server will never take it; it is kept in
  // refused.ndjson) or unreachable. Absent: one line to standard error.
  std::function<void(std::string_view kind, std::string_view text)> report = {};

  // For tests and simulations; absent, these are the system's and HTTP. All must be thread-safe.
  std::function<std::chrono::sys_time<std::chrono::microseconds>()> now = {};
  std::function<void(std::span<std::uint8_t>)> random = {};
  std::function<Answer(const Request&)> send = {};
};

// ---- The emitter ----

namespace internal {
class Core;
struct Release {
  void operator()(Core* core) const;
};
Result<Receipt> emit(Core& core, const Event& event);
Result<Spooled> buffer(Core& core, const Event& event);
std::string_view word(ActorType type);
const Event& empty_event();

// An event under construction: copied as a value, moved as a pointer, because every step of a chain
// moves it. What was moved from is an empty event.
class Draft {
 public:
  Draft() = default;
  Draft(const Draft& other) : event_(std::make_unique<Event>(other.event())) {}
  Draft(Draft&&) noexcept = default;
  Draft& operator=(Draft other) noexcept {
    event_.swap(other.event_);
    return *this;
  }
  ~Draft() = default;

  const Event& event() const { return event_ ? *event_ : empty_event(); }
  Event& change() {
    if (!event_) event_ = std::make_unique<Event>();
    return *event_;
  }

 private:
  std::unique_ptr<Event> event_;
};

// What an Audit knows already.
enum Part : unsigned { client = 1, action = 2, actor = 4, target = 8, outcome = 16, all = 31 };
}  // namespace internal

// An event under construction; begin with Emitter::audit(). Every step gives a new value, so one
// can be kept and continued in two ways. emit(), buffer() and event() exist only once client,
// action, actor, target and outcome are known: without one of them a program does not compile.
// Not to be used after the Emitter is gone. Each `const&` step copies; in a chain nothing is.
template <unsigned Has>
class Audit {
 public:
  Audit<Has | internal::client> for_client(std::string id) && {
    draft_.change().client_id = std::move(id);
    return next<internal::client>();
  }
  Audit<Has | internal::action> action(std::string type) && {
    draft_.change().action_type = std::move(type);
    return next<internal::action>();
  }
  Audit<Has | internal::actor> actor(ActorType type, std::string id) && {
    draft_.change().actor_type = internal::word(type);
    draft_.change().actor_id = std::move(id);
    return next<internal::actor>();
  }
  Audit<Has | internal::target> target(std::string type, std::string id) && {
    draft_.change().target_type = std::move(type);
    draft_.change().target_id = std::move(id);
    return next<internal::target>();
  }

  // Of several outcomes the last counts.
  Audit<Has | internal::outcome> succeeded() && { return std::move(*this).ended("success"); }
  Audit<Has | internal::outcome> partial() && { return std::move(*this).ended("partial"); }
  // Not over: exactly one later event, child_of() this one and of the same target, says how it
  // ended.
  Audit<Has | internal::outcome> pending() && { return std::move(*this).ended("pending"); }
  // Code and message become errorCode and errorMessage of the metadata.
  Audit<Has | internal::outcome> failed(std::optional<std::string> code = {},
                                        std::optional<std::string> message = {}) && {
    if (code) merge({{"errorCode", Value(std::move(*code))}});
    if (message) merge({{"errorMessage", Value(std::move(*message))}});
    return std::move(*this).ended("failure");
  }

  // Of several proofs the last counts.
  Audit with_proof(Proof proof) && {
    draft_.change().proof = std::move(proof);
    return std::move(*this);
  }
  Audit with_api_proof(Value data) && {
    return std::move(*this).with_proof(api_proof(std::move(data)));
  }
  Audit with_screenshot_proof(std::string url, std::optional<std::string> sha256 = {}) && {
    return std::move(*this).with_proof(screenshot_proof(std::move(url), std::move(sha256)));
  }
  // Joins what is there already; of one name the later counts.
  Audit with_metadata(Value::Object members) && {
    merge(std::move(members));
    return std::move(*this);
  }
  // Any text, or a W3C `traceparent`.
  Audit with_correlation(std::string id) && {
    draft_.change().correlation_id = std::move(id);
    return std::move(*this);
  }
  Audit child_of(std::string event_id) && {
    draft_.change().causation_id = std::move(event_id);
    return std::move(*this);
  }

  auto for_client(std::string id) const& { return copy().for_client(std::move(id)); }
  auto action(std::string type) const& { return copy().action(std::move(type)); }
  auto actor(ActorType type, std::string id) const& { return copy().actor(type, std::move(id)); }
  auto target(std::string type, std::string id) const& {
    return copy().target(std::move(type), std::move(id));
  }
  auto succeeded() const& { return copy().succeeded(); }
  auto partial() const& { return copy().partial(); }
  auto pending() const& { return copy().pending(); }
  auto failed(std::optional<std::string> code = {},
              std::optional<std::string> message = {}) const& {
    return copy().failed(std::move(code), std::move(message));
  }
  auto with_proof(Proof proof) const& { return copy().with_proof(std::move(proof)); }
  auto with_api_proof(Value data) const& { return copy().with_api_proof(std::move(data)); }
  auto with_screenshot_proof(std::string url, std::optional<std::string> sha256 = {}) const& {
    return copy().with_screenshot_proof(std::move(url), std::move(sha256));
  }
  auto with_metadata(Value::Object members) const& {
    return copy().with_metadata(std::move(members));
  }
  auto with_correlation(std::string id) const& { return copy().with_correlation(std::move(id)); }
  auto child_of(std::string event_id) const& { return copy().child_of(std::move(event_id)); }

  // As Emitter's functions of these names.
  Result<Receipt> emit() const requires(Has == internal::all) {
    return internal::emit(*core_, draft_.event());
  }
  Result<Spooled> buffer() const requires(Has == internal::all) {
    return internal::buffer(*core_, draft_.event());
  }
  const Event& event() const& requires(Has == internal::all) { return draft_.event(); }

 private:
  friend class Emitter;
  template <unsigned>
  friend class Audit;

  Audit(internal::Core& core, internal::Draft draft) : core_(&core), draft_(std::move(draft)) {}

  Audit copy() const { return *this; }
  template <unsigned Part>
  Audit<Has | Part> next() {
    return Audit<Has | Part>(*core_, std::move(draft_));
  }
  Audit<Has | internal::outcome> ended(std::string_view outcome) && {
    draft_.change().outcome = outcome;
    return next<internal::outcome>();
  }
  void merge(Value::Object members) {
    Event& event = draft_.change();
    if (!event.metadata) {
      event.metadata = Value::object(std::move(members));
      return;
    }
    for (auto& [name, value] : members) event.metadata->set(std::move(name), std::move(value));
  }

  internal::Core* core_;
  internal::Draft draft_;
};

// What a program holds for as long as it records. Thread-safe.
class Emitter {
 public:
  // Opens the spool, if there is one, and begins to send what an earlier process left in it.
  // Errors: misconfigured, spool_unusable.
  static Result<Emitter> open(Options options);

  Emitter(Emitter&&) noexcept;
  Emitter& operator=(Emitter&&) noexcept;
  ~Emitter();  // close() with ten seconds.

  // Who numbers the events: SpoolOptions::producer, a dot and eight characters that are this
  // spool's own, for as long as its directory survives. Empty without a spool.
  std::string_view producer() const;

  // A new event under construction.
  Audit<0> audit() const { return Audit<0>(*core_, internal::Draft()); }

  // Sends the event; blocks until it is durable in the log. With a spool it is spooled first, and
  // sent behind what waits there. Errors: invalid_event, refused, unconfirmed, closed, and with a
  // spool those of buffer().
  Result<Receipt> emit(const Event& event) { return internal::emit(*core_, event); }

  // Writes the event to the spool. Blocks for the disk if Sync::each, and for room if
  // WhenFull::block; never for the server otherwise. Errors, and the event was not taken:
  // invalid_event, spool_full, spool_unusable, closed, misconfigured (there is no spool). With
  // Sync::each also unconfirmed: it is spooled, but the disk would not promise to keep it.
  Result<Spooled> buffer(const Event& event) { return internal::buffer(*core_, event); }

  // Sends all that was buffered before the call. Returns how many of these still wait after
  // `timeout`.
  std::size_t flush(std::chrono::milliseconds timeout);

  // Sends what it can in that time, and stops. Returns how many events stay in the spool, for the
  // next time. Once it has begun, every other call is an error. May be repeated.
  std::size_t close(std::chrono::milliseconds timeout);

 private:
  explicit Emitter(std::unique_ptr<internal::Core> core);
  std::unique_ptr<internal::Core, internal::Release> core_;
};

}  // namespace assent::emitter
