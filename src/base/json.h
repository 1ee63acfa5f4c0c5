// JSON values, a strict reader and a writer.
//
// The reader is for hostile input: it refuses duplicate keys, depth over a limit, invalid
// UTF-8, lone surrogates, numbers that no double comes near (1e400, 1e-400) and whole numbers
// beyond ±(2^53−1) (which half of the world's readers would round), and says where. A literal
// without fraction and exponent is an integer, any other a double; one like 1e17 is refused too,
// because RFC 8785 would write it as an integer that could not be read again: whatever this
// reads, canonical_json writes so that it reads again. Boost.JSON does the tokenising;
// this header does not show it. Values are not thread-safe; const access is.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace assent {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // In order of arrival; keys are unique.

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(std::int64_t{value}) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}

  static Json object() { return Json(Object{}, 0); }
  static Json object(std::initializer_list<Member> members) { return Json(Object(members), 0); }
  static Json array() { return Json(Array{}); }

  bool is_null() const { return value_.index() == 0; }
  bool is_bool() const { return value_.index() == 1; }
  bool is_integer() const { return value_.index() == 2; }
  bool is_double() const { return value_.index() == 3; }
  bool is_number() const { return is_integer() || is_double(); }
  bool is_string() const { return value_.index() == 4; }
  bool is_array() const { return value_.index() == 5; }
  bool is_object() const { return value_.index() == 6; }

  // REQUIRES: the kind asked for.
  bool boolean() const { return std::get<1>(value_); }
  std::int64_t integer() const { return std::get<2>(value_); }
  double number() const;  // Of either kind of number.
  const std::string& string() const { return std::get<4>(value_); }
  const Array& items() const { return std::get<5>(value_); }
  Array& items() { return std::get<5>(value_); }
  const Object& members() const { return std::get<6>(value_); }
  Object& members() { return std::get<6>(value_); }

  // The member of that name, or null pointer if this is no object or has none.
  const Json* find(std::string_view name) const;
  // The member's string, or nothing if it is absent or no string.
  std::optional<std::string_view> string_at(std::string_view name) const;
  std::optional<std::int64_t> integer_at(std::string_view name) const;

  // Sets or replaces a member. REQUIRES: is_object().
  Json& set(std::string name, Json value);
  // The same, unless `value` is nothing.
  template <class T>
  Json& set_if(std::string name, const std::optional<T>& value) {
    if (value) set(std::move(name), Json(*value));
    return *this;
  }
  void push(Json value) { items().push_back(std::move(value)); }

  // Type-strict equality: 1 differs from 1.0, true and "1". Objects compare without order.
  friend bool operator==(const Json& a, const Json& b);

 private:
  Json(Object value, int) : value_(std::move(value)) {}

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct JsonLimits {
  std::size_t depth = 64;  // Of arrays and objects; more than 1000 counts as 1000.
};

// The value that `text` is, whole (white space around it is allowed). Errors:
// Code::validation_error with the path of the fault in `fields` (empty path: the document).
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

// The notation of base/canonical.h with the members in their own order; `indent` > 0 makes it
// readable.
std::string json_text(const Json& value, std::size_t indent = 0);

}  // namespace assent
