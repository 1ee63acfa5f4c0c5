#include "store/sqlite/sqlite_connection.h"

#include "base/log.h"
#include "store/sqlite/migrations_embedded.h"

#include <sqlite3.h>

#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace assent::store {

namespace {

constexpr auto kBusyPause = std::chrono::microseconds(200);

// Prepared once, bound and stepped often.
struct Statement {
  sqlite3_stmt* handle = nullptr;
  std::size_t text_size = 0;
  // SQLite numbers `$2` by first appearance: places[1] is where it really is, 0 if it is not used.
  std::vector<int> places = {};
  bool is_in_use = false;  // By a Rows.
};

// What an extended result code means to a caller. Texts of SQLite's own name no file and no value.
Error error_of(int code) {
  const std::string detail = std::string("the database says: ") + sqlite3_errstr(code);
  if (code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_CORRUPTFS) {
    return Error{Code::corrupt, detail};
  }
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error{Code::corrupt, detail};
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_NOLFS:
    case SQLITE_PERM:
      return Error{Code::unavailable, detail};
    default:
      return Error{Code::internal, detail};  // A constraint, or SQL that we should not have sent.
  }
}

// Instead of sqlite3_busy_timeout(), whose pauses grow to 100 ms: who waits here waits for a WAL
// restart of about a millisecond.
int pause_while_busy(void* milliseconds, int attempts) {
  const auto limit = std::chrono::milliseconds(*static_cast<const std::int64_t*>(milliseconds));
  if (kBusyPause * attempts >= limit) return 0;
  std::this_thread::sleep_for(kBusyPause);
  return 1;
}

class SqliteRows final : public Rows {
 public:
  explicit SqliteRows(Statement& statement, std::function<Error(int)> failed)
      : statement_(statement), failed_(std::move(failed)) {
    statement_.is_in_use = true;
  }
  ~SqliteRows() override {
    sqlite3_reset(statement_.handle);
    sqlite3_clear_bindings(statement_.handle);
    statement_.is_in_use = false;
  }
  SqliteRows(const SqliteRows&) = delete;
  SqliteRows& operator=(const SqliteRows&) = delete;

  Result<bool> next() override {
    if (is_done_) return false;  // Another step would start over.
    const int code = sqlite3_step(statement_.handle);
    if (code == SQLITE_ROW) return true;
    is_done_ = true;
    if (code == SQLITE_DONE) return false;
    return failed_(code);
  }
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_.handle, column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_.handle, column);
  }
  std::string_view text(int column) const override {
    const auto* data = sqlite3_column_text(statement_.handle, column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data), size_of(column)};
  }
  std::string_view bytes(int column) const override {
    const void* data = sqlite3_column_blob(statement_.handle, column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), size_of(column)};
  }

 private:
  std::size_t size_of(int column) const {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle, column));
  }

  Statement& statement_;
  std::function<Error(int)> failed_;
  bool is_done_ = false;
};

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(const SqliteOptions& options)
      : busy_milliseconds_(options.busy_timeout.count()), wal_grew_(options.wal_grew) {}
  ~SqliteConnection() override {
    for (auto& [text, statement] : statements_) sqlite3_finalize(statement.handle);
    sqlite3_close_v2(database_);
  }
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<void> open(const SqliteOptions& options);

  Result<std::int64_t> run(std::string_view sql,
                           std::initializer_list<Parameter> parameters) override;
  Result<std::unique_ptr<Rows>> query(std::string_view sql,
                                      std::initializer_list<Parameter> parameters) override;
  Result<void> script(std::string_view sql) override;

  Result<void> begin() override;
  Result<void> begin_snapshot() override;
  Result<void> commit() override;
  void rollback() override;
  Result<void> savepoint() override { return run_plain("SAVEPOINT job"); }
  Result<void> release() override { return run_plain("RELEASE job"); }
  Result<void> rollback_to_savepoint() override {
    TRY(run_plain("ROLLBACK TO job"));
    return run_plain("RELEASE job");
  }

 private:
  Result<Statement*> prepared(std::string_view sql);
  Result<void> bind(Statement& statement, std::initializer_list<Parameter> parameters,
                    sqlite3_destructor_type lifetime);
  Result<void> run_plain(std::string_view sql);
  Error failed(int code);

  sqlite3* database_ = nullptr;
  std::int64_t busy_milliseconds_;
  std::function<void(int)> wal_grew_;
  std::unordered_map<const char*, Statement> statements_;
  bool is_in_transaction_ = false;
  std::optional<Error> broken_;  // Why the transaction cannot go on.
};

Result<void> SqliteConnection::open(const SqliteOptions& options) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (options.mode) {
    case SqliteMode::create:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case SqliteMode::read_write:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case SqliteMode::read_only:
      flags |= SQLITE_OPEN_READONLY;
      break;
  }
  const int code = sqlite3_open_v2(options.path.c_str(), &database_, flags, nullptr);
  if (code != SQLITE_OK) return error_of(code);
  sqlite3_busy_handler(database_, &pause_while_busy, &busy_milliseconds_);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);

  if (options.mode != SqliteMode::read_only) {
    const auto rows = TRY(query("PRAGMA journal_mode = WAL", {}));
    const bool has_row = TRY(rows->next());
    if (!has_row || (rows->text(0) != "wal" && rows->text(0) != "memory")) {
      return Error{Code::unavailable, "the file system does not support write-ahead logging"};
    }
  }
  // No memory map: an I/O error would be a SIGBUS instead of an Error, and the page cache answers
  // pread() nearly as fast. recursive_triggers lets REPLACE fire the triggers that guard events.
  // The hook, or else the 0, keeps SQLite from moving the WAL inside a commit.
  TRY(script(R"sql(
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA recursive_triggers = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 0;
    PRAGMA wal_autocheckpoint = 0;)sql"));
  TRY(script("PRAGMA cache_size = -" + std::to_string(options.cache_kibibytes)));
  if (wal_grew_) {
    const auto hook = [](void* self, sqlite3*, const char*, int pages) {
      static_cast<SqliteConnection*>(self)->wal_grew_(pages);
      return SQLITE_OK;
    };
    sqlite3_wal_hook(database_, hook, this);
  }
  return {};
}

Result<Statement*> SqliteConnection::prepared(std::string_view sql) {
  if (broken_) return *broken_;
  const auto found = statements_.find(sql.data());
  if (found != statements_.end()) {
    // Another text at this address would mean that somebody passed a temporary.
    CHECK(found->second.text_size == sql.size());
    CHECK(!found->second.is_in_use);
    return &found->second;
  }
  Statement statement;
  statement.text_size = sql.size();
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement.handle, nullptr);
  if (code != SQLITE_OK) {
    Error error = failed(code);
    if (error.code == Code::internal) error.detail += std::string(": ") + sqlite3_errmsg(database_);
    return error;
  }
  const int count = sqlite3_bind_parameter_count(statement.handle);
  for (int found_places = 0, number = 1; found_places < count; ++number) {
    CHECK(number <= 999);  // A parameter that is not called $1, $2, …
    const std::string name = "$" + std::to_string(number);
    const int place = sqlite3_bind_parameter_index(statement.handle, name.c_str());
    statement.places.push_back(place);
    if (place != 0) ++found_places;
  }
  return &statements_.emplace(sql.data(), std::move(statement)).first->second;
}

// `lifetime` says whether SQLite may look at our bytes later (STATIC: they outlive the execution).
Result<void> SqliteConnection::bind(Statement& statement,
                                    std::initializer_list<Parameter> parameters,
                                    sqlite3_destructor_type lifetime) {
  CHECK(parameters.size() >= statement.places.size());
  for (std::size_t i = 0; i < statement.places.size(); ++i) {
    const int place = statement.places[i];
    if (place == 0) continue;
    const Parameter& parameter = parameters.begin()[i];
    int code = SQLITE_OK;
    if (const auto* integer = std::get_if<std::int64_t>(&parameter)) {
      code = sqlite3_bind_int64(statement.handle, place, *integer);
    } else if (const auto* text = std::get_if<std::string_view>(&parameter)) {
      // A null data pointer would bind NULL, and an empty view may have one.
      const char* data = text->empty() ? "" : text->data();
      code =
          sqlite3_bind_text64(statement.handle, place, data, text->size(), lifetime, SQLITE_UTF8);
    } else if (const auto* bytes = std::get_if<Bytes>(&parameter)) {
      const char* data = bytes->view.empty() ? "" : bytes->view.data();
      code = sqlite3_bind_blob64(statement.handle, place, data, bytes->view.size(), lifetime);
    } else {
      code = sqlite3_bind_null(statement.handle, place);
    }
    if (code != SQLITE_OK) return failed(code);
  }
  return {};
}

Result<std::int64_t> SqliteConnection::run(std::string_view sql,
                                           std::initializer_list<Parameter> parameters) {
  Statement& statement = *TRY(prepared(sql));
  TRY(bind(statement, parameters, SQLITE_STATIC));
  int code = sqlite3_step(statement.handle);
  while (code == SQLITE_ROW) code = sqlite3_step(statement.handle);
  const std::int64_t changes = sqlite3_changes64(database_);
  sqlite3_reset(statement.handle);
  if (code != SQLITE_DONE) return failed(code);
  return changes;
}

Result<std::unique_ptr<Rows>> SqliteConnection::query(std::string_view sql,
                                                      std::initializer_list<Parameter> parameters) {
  Statement& statement = *TRY(prepared(sql));
  TRY(bind(statement, parameters, SQLITE_TRANSIENT));
  return std::unique_ptr<Rows>(
      std::make_unique<SqliteRows>(statement, [this](int code) { return failed(code); }));
}

Result<void> SqliteConnection::script(std::string_view sql) {
  if (broken_) return *broken_;
  const int code = sqlite3_exec(database_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  Error error = failed(code);
  if (error.code == Code::internal) error.detail += std::string(": ") + sqlite3_errmsg(database_);
  return error;
}

Result<void> SqliteConnection::run_plain(std::string_view sql) {
  TRY(run(sql, {}));
  return {};
}

Result<void> SqliteConnection::begin() {
  CHECK(!is_in_transaction_);
  TRY(run_plain("BEGIN IMMEDIATE"));
  is_in_transaction_ = true;
  return {};
}

Result<void> SqliteConnection::begin_snapshot() {
  CHECK(!is_in_transaction_);
  TRY(run_plain("BEGIN"));
  is_in_transaction_ = true;
  // BEGIN alone takes no snapshot: the first read does.
  auto result = run_plain("SELECT 1 FROM sqlite_schema LIMIT 1");
  if (!result) rollback();
  return result;
}

Result<void> SqliteConnection::commit() {
  CHECK(is_in_transaction_);
  if (broken_) {
    const Error error = *broken_;  // COMMIT was never sent: nothing happened.
    rollback();
    return error;
  }
  Statement& statement = *TRY(prepared("COMMIT"));
  const int code = sqlite3_step(statement.handle);
  sqlite3_reset(statement.handle);
  if (code == SQLITE_DONE) {
    is_in_transaction_ = false;
    return {};
  }
  Error error = error_of(code);
  // An fsync that failed may have written: after SQLITE_IOERR_FSYNC and a restart the rows have
  // been seen to be there. Two codes are certain: BUSY, which leaves the transaction open, and
  // FULL, which comes only from writing a frame; without its last frame whole no recovery believes
  // in it.
  const int kind = code & 0xff;
  if (kind != SQLITE_BUSY && kind != SQLITE_FULL) error.code = Code::uncertain;
  rollback();
  return error;
}

void SqliteConnection::rollback() {
  broken_.reset();
  is_in_transaction_ = false;
  if (sqlite3_get_autocommit(database_) != 0) return;  // SQLite has done it already.
  const auto result = run_plain("ROLLBACK");
  if (!result) log_line(LogLevel::error, "sqlite.rollback", {{"why", result.error().detail}});
}

Error SqliteConnection::failed(int code) {
  Error error = error_of(code);
  const bool is_gone = is_in_transaction_ && sqlite3_get_autocommit(database_) != 0;
  if (is_in_transaction_ && (error.code != Code::internal || is_gone)) broken_ = error;
  return error;
}

}  // namespace

Result<std::unique_ptr<Connection>> open_sqlite(const SqliteOptions& options) {
  auto connection = std::make_unique<SqliteConnection>(options);
  TRY(connection->open(options));
  return std::unique_ptr<Connection>(std::move(connection));
}

std::span<const Migration> sqlite_migrations() {
  return internal::kMigrations;
}

}  // namespace assent::store
