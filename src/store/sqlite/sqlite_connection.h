// SQLite as a Connection: WAL, synchronous=FULL, one writer at a time, any number of readers.
#pragma once

#include "base/result.h"
#include "store/connection.h"
#include "store/migrations.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace assent::store {

enum class SqliteMode {
  create,      // Reading and writing; makes the file if it is absent.
  read_write,  // Code::unavailable if it is absent.
  read_only,
};

struct SqliteOptions {
  std::string path;  // Or `:memory:`, which has no WAL and ends with its connection.
  SqliteMode mode = SqliteMode::create;
  std::chrono::milliseconds busy_timeout = std::chrono::seconds(5);
  std::int64_t cache_kibibytes = 8192;
  // Told after each commit of this connection how many pages the WAL has.
  std::function<void(int)> wal_grew = nullptr;
};

// An error inside a transaction that may have undone it (disk full, I/O) breaks the transaction:
// every later statement and commit() then fail alike until rollback(), as in PostgreSQL, so that no
// statement can slip out of a transaction that is gone.
Result<std::unique_ptr<Connection>> open_sqlite(const SqliteOptions& options);

// What migrate() needs to make a SQLite database of this version.
std::span<const Migration> sqlite_migrations();

}  // namespace assent::store
