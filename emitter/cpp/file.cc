#include "emitter/cpp/file.h"

#include "base/result.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace assent::emitter {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kPageBytes = 4096;

std::optional<Error> fault_of(int result, std::string_view what) {
  if (result == 0) return std::nullopt;
  return disk_error(what);
}

int fsync_whole(int descriptor) {
  int result = 0;
  do result = ::fsync(descriptor);
  while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

File::~File() {
  close();
}

void File::close() {
  if (is_open()) ::close(std::exchange(descriptor_, -1));
}

Error disk_error(std::string_view what) {
  const int number = errno;
  std::string message(what);
  message += ": " + std::generic_category().message(number);
  return {.fault = Fault::spool_unusable, .message = std::move(message)};
}

Result<File> open_appending(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return disk_error(path);
  return File(descriptor);
}

Result<File> duplicate(const File& file) {
  const int descriptor = ::fcntl(file.descriptor(), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return disk_error("The spool");
  return File(descriptor);
}

Result<std::optional<std::string>> read_file(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return std::optional<std::string>();
  struct stat status = {};
  if (!file.is_open() || ::fstat(file.descriptor(), &status) != 0) return disk_error(path);
  // What is no real file (/proc) says that it is empty.
  std::string content(std::max<std::size_t>(kPageBytes, static_cast<std::size_t>(status.st_size)),
                      '\0');
  errno = 0;
  content.resize(read_at(file, 0, content.data(), content.size()));
  if (errno != 0) return disk_error(path);
  return std::optional(std::move(content));
}

std::optional<Error> append(const File& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.descriptor(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return disk_error("The spool");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return std::nullopt;
}

std::size_t read_at(const File& file, std::uint64_t offset, char* out, std::size_t bytes) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got =
        ::pread(file.descriptor(), out + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::optional<Error> sync(const File& file) {
  return fault_of(fsync_whole(file.descriptor()), "The spool");
}

std::optional<Error> sync_directory(const std::string& path) {
  const File directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return disk_error(path);
  return fault_of(fsync_whole(directory.descriptor()), path);
}

std::optional<Error> write_file(const std::string& path, std::string_view content) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly));
  if (!file.is_open()) return disk_error(path);
  if (auto fault = append(file, content)) return fault;
  return sync(file);
}

std::optional<Error> replace_file(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new";
  if (auto fault = write_file(fresh, content)) {
    ::unlink(fresh.c_str());  // The room that it took may be the last there is.
    return fault;
  }
  if (auto fault = rename_file(fresh, path)) return fault;
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

std::optional<Error> append_line(const std::string& path, std::string_view line) {
  const auto file = TRY(open_appending(path));
  struct stat status = {};
  if (::fstat(file.descriptor(), &status) != 0) return disk_error(path);
  std::string whole;
  char last = '\n';
  if (status.st_size > 0) read_at(file, static_cast<std::uint64_t>(status.st_size) - 1, &last, 1);
  if (last != '\n') whole.push_back('\n');
  whole.append(line).push_back('\n');
  if (auto fault = append(file, whole)) {
    [[maybe_unused]] const int result = ::ftruncate(file.descriptor(), status.st_size);
    return fault;
  }
  return sync(file);
}

std::optional<Error> rename_file(const std::string& from, const std::string& to) {
  return fault_of(::rename(from.c_str(), to.c_str()), from);
}

std::optional<Error> remove_file(const std::string& path) {
  return fault_of(::unlink(path.c_str()), path);
}

}  // namespace assent::emitter
