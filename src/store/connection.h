// A connection to a transactional SQL engine. One of the few interfaces: SQLite and PostgreSQL.
//
// One connection, one thread at a time. Statements are `constexpr` texts with `$1…` parameters,
// prepared once per connection and cached by address: pass string literals of static life only.
// Store only 64-bit integers, text and bytes. Errors: Code::unavailable (nothing happened: full,
// locked, read-only, gone), Code::uncertain (from commit() only), Code::corrupt (the engine says
// the file is damaged).
#pragma once

#include "base/result.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace assent::store {

struct Bytes {
  std::string_view view;  // REQUIRES: outlives the call it is passed to.
};

using Parameter = std::variant<std::monostate, std::int64_t, std::string_view, Bytes>;

template <class T>
Parameter nullable(const std::optional<T>& value) {
  if (!value) return std::monostate{};
  return Parameter(*value);
}

// The rows of one query, forward only. Views are valid until the next next(). The statement is
// reset when this goes; at most one Rows per statement text may live at a time.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual Result<bool> next() = 0;  // False: no more rows.
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
  virtual std::string_view bytes(int column) const = 0;
};

class Connection {
 public:
  virtual ~Connection() = default;

  // Runs a statement without rows; returns how many rows it changed.
  virtual Result<std::int64_t> run(std::string_view sql,
                                   std::initializer_list<Parameter> parameters = {}) = 0;
  virtual Result<std::unique_ptr<Rows>> query(std::string_view sql,
                                              std::initializer_list<Parameter> parameters = {}) = 0;
  // Several statements, uncached: migrations and pragmas.
  virtual Result<void> script(std::string_view sql) = 0;

  virtual Result<void> begin() = 0;           // For writing.
  virtual Result<void> begin_snapshot() = 0;  // For reading: one consistent view until rollback().
  virtual Result<void> commit() = 0;          // Durable on success; Code::uncertain if it broke.
  virtual void rollback() = 0;                // Also when there is nothing to roll back.
  virtual Result<void> savepoint() = 0;       // At most one at a time.
  virtual Result<void> release() = 0;
  virtual Result<void> rollback_to_savepoint() = 0;
};

}  // namespace assent::store
