// An operation: declared once, exposed over HTTP, the command line and (later) MCP.
//
// `operation({...}, &function)` makes a row of the table in operations.cc out of a plain function
//   Result<Out> f(store::Write&, const In&)         runs on the writer, may record
//   Result<Out> f(const store::Read&, const In&)    runs on the reader pool, cannot
// and of describe(Fields&, In&) and describe(Fields&, Out&). An Out that has a member
// `std::optional<Refused> refused` may carry a refusal: it commits, and the caller gets 4xx.
// An In may have `Result<void> prepare(In&, const Preparation&)`, found by overload: it runs before
// the write and does what the one writer thread should not (rendering, hashing). If it may block on
// the disk, `bool blocks(const In&)` says so (an In may be asked with the store:
// `blocks(const In&, const store::Store&)`), and it runs on a reader thread instead of the io
// thread. An In with `Result<void> take_body(In&, const RawBody&)` reads a body that is no JSON
// object.
#pragma once

#include "app/fields.h"
#include "base/json.h"
#include "base/result.h"
#include "domain/event.h"
#include "domain/refusal.h"
#include "store/read.h"
#include "store/store.h"

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace assent::app {

// What the authorisation table asks of the caller. Which roles have which permission is one table
// in permissions.cc.
enum class Permission {
  read,
  request,
  decide,
  attach,
  execute,
  emit,
  rule,
  stop,
  administer,
  put_policy,
  simulate,
  operate
};
std::span<const Role> roles_with(Permission permission);
bool is_allowed(Permission permission, const Principal& principal);

// What the body is: a JSON object of fields, or something that take_body() reads: one event, an
// array or NDJSON; a YAML or JSON document; a plan, whatever is wrong with it; raw bytes.
enum class BodyKind { json, events, document, plan, bytes };

struct About {
  std::string_view name;     // `approve`, in snake_case; the operationId.
  std::string_view route;    // `POST /v1/approvals/{id}/approve`
  std::string_view command;  // `approve`, `evidence add`; empty: not on the command line.
  Permission permission = Permission::read;
  std::string_view help;           // One sentence.
  bool is_creation = false;        // 201 instead of 200.
  BodyKind body = BodyKind::json;  // Ignored for GET.
  std::size_t body_bytes_max = 1048576;
  // The media type of an answer that is no JSON, but a file; empty: JSON.
  std::string_view raw_type = {};
  std::string_view secret = {};  // The output field that is shown once: never kept for a replay.
};

// What a prepare() may use.
struct Preparation {
  const Caller& caller;
  const TraceId& trace;
  const store::Blobs& blobs;
  const store::PoliciesInForce& policies;
  const store::RememberedIds& ids;
  Timestamp now;  // Of the preparation; the commit has its own.
  Random& random;
  const store::Read* read = nullptr;  // A snapshot; only where blocks() asked for a reader thread.
};

// The answer of an operation that did not fail: data, or a refusal that was committed.
struct Answer {
  Json data;                             // Ignored if refused.
  std::optional<std::string> data_text;  // The data already as JSON text, instead of `data`.
  std::optional<Refused> refused;
  std::optional<std::string> next_cursor;
  std::optional<std::string> raw;  // A body that is not JSON (a blob); `content_type` says what.
  std::string content_type;
  std::optional<store::Receipt> receipt;  // Where one was asked for and could be made.
};

// A request, decoded: what remains is to prepare and to run it.
class Call {
 public:
  virtual ~Call() = default;
  enum class Prepare { not_needed, at_once, on_reader_thread };
  virtual Prepare needs_prepare(const store::Store& store) const = 0;
  virtual Result<void> prepare(const Preparation& preparation) = 0;
};

// The body as it came, for operations whose body is not a JSON object.
struct RawBody {
  std::string_view text;
  std::string_view content_type;
};

struct Operation {
  About about;
  bool is_write = false;
  std::function<Result<std::unique_ptr<Call>>(const Source&, const RawBody&)> decode;
  std::function<Result<Answer>(store::Write&, Call&)> write;      // If is_write.
  std::function<Result<Answer>(const store::Read&, Call&)> read;  // If not.
  std::vector<FieldDoc> (*inputs)() = nullptr;
  std::vector<FieldDoc> (*outputs)() = nullptr;
};

// The table of everything one can ask of the system, in the order of the documentation.
std::span<const Operation> operations();
const Operation* find_operation(std::string_view name);

template <class Out, class In>
Operation operation(const About& about, Result<Out> (*function)(store::Write&, const In&));
template <class Out, class In>
Operation operation(const About& about, Result<Out> (*function)(const store::Read&, const In&));

}  // namespace assent::app

#include "app/operation_glue.h"
