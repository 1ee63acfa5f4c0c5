// Small files that must survive a crash whole.
#pragma once

#include "base/result.h"
#include "base/time.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assent::store {

// Makes the directory, for its owner only, if it is absent, and its entry in the parent durable.
Result<void> make_directory(const std::string& path);

// Replaces `directory/name` by `bytes`, durably: a crash leaves the old file or the new one, whole,
// and perhaps a temporary called `name.new`.
Result<void> write_durably(const std::string& directory, const std::string& name,
                           std::string_view bytes);

// Writes `bytes` at `offset` into a file that is there, durably. A crash leaves any part of them.
Result<void> overwrite_durably(const std::string& path, std::size_t offset, std::string_view bytes);

// Makes all that was written into the file, or the names in the directory, durable.
Result<void> sync_file(const std::string& path);
Result<void> sync_directory(const std::string& path);

// When the file was last written; nothing if that cannot be told.
std::optional<Timestamp> written_at(const std::string& path);

// The whole file. Code::not_found if it is absent.
Result<std::string> read_file(const std::string& path);

// A directory's lock, held until this goes or the process ends. Movable.
class DirectoryLock {
 public:
  // Code::unavailable if another process has it.
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;  // -1 once moved from.
};

}  // namespace assent::store
