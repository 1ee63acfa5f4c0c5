// One description of an operation's input or output, walked in several ways: decoding JSON,
// encoding JSON, printing JSON Schema, registering command-line flags.
//
//   void describe(Fields& fields, Decide& in) {
//     fields.path("id", in.approval, "the approval");
//     fields.field("rationale", in.rationale, "why, in the decider's words", {.length_max = 2000});
//   }
//
// The type says whether a field is required: std::optional<T>, Override<T> and std::vector<T> are
// not, T is. An Override<T> (domain/evidence_override.h) tells null from absent; nothing else does.
// Not thread-safe; a walker lives for one walk.
#pragma once

#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/evidence_override.h"
#include "domain/words.h"

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::app {

// What a value may be, beyond its type. Violations are Code::validation_error with the path.
struct Bounds {
  std::size_t length_max = 1000;  // Of a string, in bytes; of an array, in items.
  std::size_t length_min = 0;
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view format = {};  // JSON Schema `format`, for the reader; not enforced.
  bool allows_newlines = false;  // Control characters other than \n and \t are always refused.
};

// Where the HTTP request carries a field; the CLI makes path fields positional arguments.
enum class Place { path, query, body };

// Collects what is wrong, with paths.
using FieldErrors = std::vector<FieldError>;

// How T is read, written and described. Specialised for: std::string, bool, std::int64_t, double,
// Json (anything), JsonObject, Id<…>, Timestamp, Hash (as `sha256:…`), enumerations of
// domain/words.h, std::vector<T>, and structs that have a `describe(Fields&, T&)`.
template <class T, class = void>
struct Codec;

struct JsonObject {  // Any JSON object.
  Json value = Json::object();
};

struct FieldSpec {
  std::string_view name;
  std::string_view help;
  Place place = Place::body;
  bool is_required = true;
  const Bounds& bounds;
  Json (*schema)(const Bounds&) = nullptr;
  bool takes_null = false;  // null is a value of its own, and not the same as absent.
};

class Fields {
 public:
  virtual ~Fields() = default;

  template <class T>
  void path(std::string_view name, T& value, std::string_view help) {
    visit_value(name, value, help, Place::path, Bounds{});
  }
  template <class T>
  void query(std::string_view name, T& value, std::string_view help, const Bounds& bounds = {}) {
    visit_value(name, value, help, Place::query, bounds);
  }
  template <class T>
  void field(std::string_view name, T& value, std::string_view help, const Bounds& bounds = {}) {
    visit_value(name, value, help, Place::body, bounds);
  }

 protected:
  // `read` decodes a present, non-null value; `write` gives the value or nothing if absent.
  using Reader = std::function<void(const Json&, const std::string& path, FieldErrors&)>;
  using Writer = std::function<std::optional<Json>()>;
  virtual void visit(const FieldSpec& spec, const Reader& read, const Writer& write) = 0;

 private:
  template <class T>
  void visit_value(std::string_view name, T& value, std::string_view help, Place place,
                   const Bounds& bounds);
};

// ---- the walkers ----

// Where decoding finds values: text parameters by name (path and query) and the body.
struct Source {
  std::vector<std::pair<std::string, std::string>> path;
  std::vector<std::pair<std::string, std::string>> query;
  const Json* body = nullptr;  // An object, or null where the operation has no body.
};

// Decodes `in` whole: every field, then refuses what nobody asked for ("unknown field").
template <class In>
Result<void> decode(const Source& source, In& in);

template <class Out>
Json encode(const Out& out);

// The fields of a type with their JSON Schemas, for OpenAPI, the CLI and docs/reference.
struct FieldDoc {
  std::string name, help;
  Place place;
  bool is_required;
  Json schema;
};
template <class T>
std::vector<FieldDoc> field_docs();

// The JSON Schema of the body fields of T.
template <class T>
Json body_schema();

}  // namespace assent::app

#include "app/fields_codec.h"
