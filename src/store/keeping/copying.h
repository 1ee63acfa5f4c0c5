// What backup and restore share: a store's files, copied one kind at a time, durably.
#pragma once

#include "base/result.h"
#include "store/connection.h"

#include <functional>
#include <string>
#include <string_view>

namespace assent::store {

// Makes the directory, or takes an empty one. Code::invalid_state if there is something in it.
Result<void> make_empty_directory(const std::string& directory);

// One consistent snapshot of `from/ledger.db`, beside whoever writes it, as `to/ledger.db`.
Result<void> copy_database(const std::string& from, const std::string& to);

// Everything under `from/name`, if there is such a directory: what is there is never changed, only
// added to.
Result<void> copy_tree(const std::string& from, const std::string& to, const std::string& name);

// The files (not the directories) in `from` whose name `wants`; durable on return.
Result<void> copy_files(const std::string& from, const std::string& to,
                        const std::function<bool(std::string_view)>& wants);

// Of a data directory's own files, those that are settings: whatever is not the database, a key, a
// lock or a marker.
bool is_setting(std::string_view name);

}  // namespace assent::store
