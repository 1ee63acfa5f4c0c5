// Small files that must survive a crash whole.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace assent::store {

// Makes the directory, for its owner only, if it is absent, and its entry in the parent durable.
Result<void> make_directory(const std::string& path);

// Replaces `directory/name` by `bytes`, durably: a crash leaves the old file or the new one, whole,
// and perhaps a temporary called `name.new`.
Result<void> write_durably(const std::string& directory, const std::string& name,
                           std::string_view bytes);

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
