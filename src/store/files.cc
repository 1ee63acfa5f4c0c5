#include "store/files.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace assent::store {

namespace {

constexpr mode_t kOwnerOnlyFile = 0600;
constexpr mode_t kOwnerOnlyDirectory = 0700;

// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return value_ >= 0; }
  int get() const { return value_; }

 private:
  int value_;
};

Error failed(std::string_view what) {
  const int reason = errno;
  return {Code::unavailable, std::string(what) + ": error " + std::to_string(reason)};
}

Result<void> write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("a file of the store cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return "/";
  const std::size_t slash = path.find_last_of('/', end);
  if (slash == std::string::npos) return ".";
  return path.substr(0, slash + 1);
}

}  // namespace

Result<void> sync_directory(const std::string& path) {
  const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return failed("a directory of the store cannot be opened");
  if (::fsync(directory.get()) != 0) return failed("a directory of the store cannot be synced");
  return {};
}

Result<void> sync_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return failed("a file of the store cannot be opened");
  if (::fsync(file.get()) != 0) return failed("a file of the store cannot be synced");
  return {};
}

Result<void> overwrite_durably(const std::string& path, std::size_t offset,
                               std::string_view bytes) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) return failed("a file of the store cannot be opened");
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("a file of the store cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::size_t>(written);
  }
  if (::fdatasync(file.get()) != 0) return failed("a file of the store cannot be synced");
  return {};
}

std::optional<Timestamp> written_at(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return std::nullopt;
  constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
  return from_microseconds(about.st_mtim.tv_sec * kMicrosecondsPerSecond +
                           about.st_mtim.tv_nsec / 1000);
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), kOwnerOnlyDirectory) == 0) return sync_directory(parent_of(path));
  if (errno == EEXIST) return {};
  return failed("a directory of the store cannot be made");
}

Result<void> write_durably(const std::string& directory, const std::string& name,
                           std::string_view bytes) {
  const std::string path = directory + "/" + name;
  const std::string temporary = path + ".new";
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnlyFile));
    if (!file.is_open()) return failed("a file of the store cannot be made");
    TRY(write_all(file.get(), bytes));
    // Without this a crash after the rename could leave the name on an empty file.
    if (::fsync(file.get()) != 0) return failed("a file of the store cannot be synced");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return failed("a file of the store cannot be renamed");
  }
  return sync_directory(directory);
}

Result<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT) return Error{Code::not_found, "a file of the store is missing"};
    return failed("a file of the store cannot be opened");
  }
  std::string bytes;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("a file of the store cannot be read");
    if (count == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  const int descriptor =
      ::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnlyFile);
  if (descriptor < 0) return failed("the lock of the directory cannot be opened");
  DirectoryLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return Error{Code::unavailable, "another assent serves this directory"};
  }
  return failed("the directory cannot be locked");
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace assent::store
