// Files of the spool: what the operating system does, with errors as values.
#pragma once

#include <assent/emitter.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent::emitter {

// An open file, closed with the value.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  void close();

 private:
  int descriptor_ = -1;
};

// `what`, and what the operating system says about it; reads errno.
Error disk_error(std::string_view what);

// Opens for reading and appending; makes the file, for its owner alone, if it is absent.
Result<File> open_appending(const std::string& path);
Result<File> duplicate(const File& file);

// The whole file; nothing if there is none.
Result<std::optional<std::string>> read_file(const std::string& path);
// All of `bytes` at the end, or an error and maybe a part of them.
std::optional<Error> append(const File& file, std::string_view bytes);
// How many bytes at `offset` could be read, at most `bytes`; fewer only at the end or on an error.
std::size_t read_at(const File& file, std::uint64_t offset, char* out, std::size_t bytes);

std::optional<Error> sync(const File& file);
// Makes what was created, renamed or removed in it durable.
std::optional<Error> sync_directory(const std::string& path);

// Makes the file, for its owner alone, or empties it, and writes it durably.
std::optional<Error> write_file(const std::string& path, std::string_view content);
// Replaces the file as a whole: after a crash there is the old content or the new.
std::optional<Error> replace_file(const std::string& path, std::string_view content);
// Appends a line to a file, durably, or nothing. What an earlier crash left of one ends before it.
std::optional<Error> append_line(const std::string& path, std::string_view line);
std::optional<Error> rename_file(const std::string& from, const std::string& to);
std::optional<Error> remove_file(const std::string& path);

}  // namespace assent::emitter
