// What an operation that can fail returns.
//
// `Result<T>` holds a T or an Error and has the member names of std::expected
// (C++23), which g++ 12 does not offer in C++20 mode. Not thread-safe, like any
// value. An Error always means "it could not be done and nothing happened";
// Code::uncertain is the one exception and says so.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace assent {

// Why something could not be done. A refusal by the rules is not an Error: see
// domain/refusal.h.
enum class Code {
  validation_error,          // Malformed input; `fields` says where.
  unprocessable,             // Well-formed input whose meaning is impossible; `fields` says where.
  unauthenticated,           // No caller could be established.
  insufficient_permissions,  // The caller's roles do not allow the operation.
  reserved_event_type,       // Only the engine writes events of this family.
  not_found,                 // Absent, or another tenant's: indistinguishable on purpose.
  method_not_allowed,
  invalid_state,          // The item is not in a state that allows this.
  idempotency_conflict,   // The idempotency key was used for another request.
  expired,                // The deadline has passed.
  precondition_required,  // The request must say which content it means.
  too_large,
  unsupported_media_type,
  rate_limited,
  unavailable,  // The store cannot record; nothing happened.
  overloaded,   // A queue is full; nothing happened.
  uncertain,    // The commit itself broke: only a retry under the same key can tell.
  corrupt,      // What was read is not what was written. The store latches read-only.
  rolled_back,  // The log is not the one that its own checkpoint promised: an older copy.
  not_ready,  // Another thread has to find something out first. The runner sees to it: nobody else
              // ever gets this.
  internal,   // A defect of ours that was caught before it did harm.
};

// Where in the input a fault is, as a path like `arguments.path` or `events[3].type`.
struct FieldError {
  std::string path;
  std::string message;
};

struct Error {
  Code code = Code::internal;
  std::string detail;  // A sentence for the caller; never a secret, a file path or a stack.
  std::vector<FieldError> fields = {};
};

// The error whose fault is one field: the sentence is `<path> <message>`.
inline Error error_at(Code code, std::string path, std::string message) {
  std::string detail = path.empty() ? message : path + " " + message;
  return {code, std::move(detail), {{std::move(path), std::move(message)}}};
}

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !has_value().
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return error_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  void value() const {}

  Error& error() & { return std::get<1>(error_); }
  const Error& error() const& { return std::get<1>(error_); }
  Error&& error() && { return std::get<1>(std::move(error_)); }

 private:
  std::variant<std::monostate, Error> error_;
};

namespace internal {
[[noreturn]] inline void check_failed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, what);
  std::abort();
}
}  // namespace internal

}  // namespace assent

// Evaluates `expression`, a Result; yields its value, or returns its Error from
// the enclosing function. A GNU statement expression; not usable in a coroutine.
#define ASSENT_CONCAT_(a, b) a##b
#define ASSENT_CONCAT(a, b) ASSENT_CONCAT_(a, b)
#define ASSENT_TRY_(name, ...)                             \
  __extension__({                                          \
    auto name = (__VA_ARGS__);                             \
    if (!name.has_value()) return std::move(name).error(); \
    std::move(name).value();                               \
  })
#define TRY(...) ASSENT_TRY_(ASSENT_CONCAT(try_, __COUNTER__), __VA_ARGS__)

// A programmer's assumption. Stays on in release: stopping beats making it worse.
#define CHECK(...) \
  ((__VA_ARGS__) ? void(0) : ::assent::internal::check_failed(__FILE__, __LINE__, #__VA_ARGS__))
