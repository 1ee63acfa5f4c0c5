#include "store/keeping/copying.h"

#include "store/files.h"
#include "store/keeping/master_key.h"
#include "store/sqlite/sqlite_connection.h"

#include <filesystem>
#include <system_error>

namespace assent::store {

namespace {

namespace fs = std::filesystem;

Error unreadable() {
  return {Code::unavailable, "a directory of the store cannot be read"};
}

// SQL has no parameter for a file's name here.
std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

Result<void> copy_file(const fs::path& from, const std::string& directory) {
  std::error_code fault;
  const fs::path to = fs::path(directory) / from.filename();
  fs::copy_file(from, to, fault);
  if (fault == std::errc::no_such_file_or_directory) return {};  // Gone since it was listed.
  if (fault) return Error{Code::unavailable, "a file cannot be copied: " + fault.message()};
  return sync_file(to.string());
}

}  // namespace

Result<void> make_empty_directory(const std::string& directory) {
  TRY(make_directory(directory));
  std::error_code fault;
  const bool is_empty = fs::is_empty(directory, fault);
  if (fault) return Error{Code::unavailable, "the directory cannot be read"};
  if (!is_empty) return Error{Code::invalid_state, "the directory is not empty"};
  return {};
}

Result<void> copy_database(const std::string& from, const std::string& to) {
  std::error_code fault;
  if (!fs::exists(from + "/ledger.db", fault)) {
    return Error{Code::not_found, "there is no ledger.db in " + from};
  }
  const auto connection =
      TRY(open_sqlite({.path = from + "/ledger.db", .mode = SqliteMode::read_only}));
  const std::string path = to + "/ledger.db";
  TRY(connection->script("VACUUM INTO " + sql_text(path)));
  TRY(sync_file(path));
  return sync_directory(to);
}

Result<void> copy_files(const std::string& from, const std::string& to,
                        const std::function<bool(std::string_view)>& wants) {
  std::error_code fault;
  for (fs::directory_iterator entry(from, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    const bool is_wanted = entry->is_regular_file() && wants(entry->path().filename().string());
    if (is_wanted) TRY(copy_file(entry->path(), to));
  }
  if (fault) return unreadable();
  return sync_directory(to);
}

Result<void> copy_tree(const std::string& from, const std::string& to, const std::string& name) {
  const fs::path source = fs::path(from) / name;
  const std::string target = to + "/" + name;
  TRY(make_directory(target));
  std::error_code fault;
  if (!fs::exists(source, fault)) return {};
  TRY(copy_files(source.string(), target, [](std::string_view) { return true; }));
  for (fs::directory_iterator entry(source, fault), end; !fault && entry != end;
       entry.increment(fault)) {
    // What is not in its place yet is named by no event.
    const std::string inner = entry->path().filename().string();
    if (!entry->is_directory() || inner == "incoming") continue;
    TRY(copy_tree(source.string(), target, inner));
  }
  if (fault) return unreadable();
  return {};
}

bool is_setting(std::string_view name) {
  return !name.starts_with("ledger.db") && name != kMasterFile && name != "lock" &&
         name != kRestoringFile && name != "backup.json" && !name.ends_with(".new");
}

}  // namespace assent::store
