#include "store/blobs.h"

#include "base/id.h"
#include "base/random.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace assent::store {
namespace {

// Temporaries live in one directory of the same file system, so that removing what a crash left
// needs no walk through all blobs. No tenant is so called: theirs are numbers.
constexpr std::string_view kIncoming = "incoming";

constexpr int kTransferBytesMax = 1 << 20;

// A file descriptor that is closed when it goes.
class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (is_open()) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return fd_ >= 0; }
  bool sync() const { return ::fsync(fd_) == 0; }

  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  // Everything from here to the end, or nothing if reading fails.
  std::optional<std::string> read() const {
    std::string bytes;
    struct stat status = {};
    if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(status.st_size));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got = ::read(fd_, bytes.data() + filled,
                                 std::min<std::size_t>(bytes.size() - filled, kTransferBytesMax));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::nullopt;
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }

 private:
  int fd_;
};

bool sync_directory(const std::string& path) {
  const File directory(path, O_RDONLY | O_DIRECTORY);
  return directory.is_open() && directory.sync();
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Where a blob is: `<tenant>/<2 hex>/<62 hex>`.
struct Place {
  Place(const std::string& root, TenantNumber tenant, const Hash& hash) {
    const std::string hex = to_hex(as_bytes(hash));
    tenant_directory = root + "/" + std::to_string(static_cast<std::int64_t>(tenant));
    directory = tenant_directory + "/" + hex.substr(0, 2);
    path = directory + "/" + hex.substr(2);
  }
  std::string tenant_directory;
  std::string directory;
  std::string path;
};

Error cannot_write() {
  return {Code::unavailable, "the blob cannot be written"};
}

// Writes a file of that content and makes it durable; on failure leaves none.
bool write_durably(const std::string& path, std::string_view bytes) {
  const File file(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  if (!file.is_open()) return false;
  if (file.write(bytes) && file.sync()) return true;
  ::unlink(path.c_str());
  return false;
}

bool holds(const std::string& path, std::string_view bytes) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return false;
  if (static_cast<std::uint64_t>(status.st_size) != bytes.size()) return false;
  const File file(path, O_RDONLY | O_NOFOLLOW);
  return file.is_open() && file.read() == bytes;
}

std::string temporary_name() {
  std::array<std::uint8_t, 16> bytes;
  SystemRandom().fill(bytes);
  return uuid_text(bytes);
}

// Of a regular file; nothing if it is absent or anything else.
std::optional<struct stat> status_of(const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return status;
}

}  // namespace

Result<std::unique_ptr<Blobs>> Blobs::open(const std::string& directory) {
  auto blobs = std::make_unique<Blobs>(directory);
  const std::string incoming = directory + "/" + std::string(kIncoming);
  TRY(blobs->make_directory(directory));
  TRY(blobs->make_directory(incoming));
  std::error_code failure;
  for (std::filesystem::directory_iterator stray(incoming, failure), end; !failure && stray != end;
       stray.increment(failure)) {
    ::unlink(stray->path().c_str());
  }
  if (failure) return Error{Code::unavailable, "the directory of the blobs cannot be read"};
  return blobs;
}

// Makes a directory and its own name durable. That somebody else made it does not mean that they
// have synced the parent already, so each process does so once for each directory.
Result<void> Blobs::make_directory(const std::string& path) const {
  {
    const std::lock_guard lock(mutex_);
    if (durable_directories_.contains(path)) return {};
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return cannot_write();
  if (!sync_directory(parent_of(path))) return cannot_write();
  const std::lock_guard lock(mutex_);
  durable_directories_.insert(path);
  return {};
}

Result<Hash> Blobs::put(TenantNumber tenant, std::string_view bytes) const {
  const Hash hash = sha256(bytes);
  const Place place(directory_, tenant, hash);
  const std::string incoming = directory_ + "/" + std::string(kIncoming);
  TRY(make_directory(directory_));
  TRY(make_directory(incoming));
  TRY(make_directory(place.tenant_directory));
  TRY(make_directory(place.directory));

  // Comparing what is there, not only its name, heals a blob that the disk has damaged.
  if (!holds(place.path, bytes)) {
    const std::string temporary = incoming + "/" + temporary_name();
    // A crash up to here leaves a temporary that nobody names; open() removes it.
    if (!write_durably(temporary, bytes)) return cannot_write();
    if (::rename(temporary.c_str(), place.path.c_str()) != 0) {
      ::unlink(temporary.c_str());
      return cannot_write();
    }
  }
  // Also when it was there: whoever renamed it may not have come to this line.
  if (!sync_directory(place.directory)) return cannot_write();
  return hash;
}

Result<std::string> Blobs::get(TenantNumber tenant, const Hash& hash) const {
  const File file(Place(directory_, tenant, hash).path, O_RDONLY | O_NOFOLLOW);
  if (!file.is_open()) {
    if (errno == ENOENT) return Error{Code::not_found, "no such blob"};
    return Error{Code::unavailable, "the blob cannot be read"};
  }
  auto bytes = file.read();
  if (!bytes) return Error{Code::unavailable, "the blob cannot be read"};
  if (sha256(*bytes) != hash) {
    return Error{Code::corrupt, "the blob " + content_hash_text(hash) + " is damaged"};
  }
  return *std::move(bytes);
}

std::optional<std::int64_t> Blobs::size(TenantNumber tenant, const Hash& hash) const {
  const auto status = status_of(Place(directory_, tenant, hash).path);
  if (!status) return std::nullopt;
  return status->st_size;
}

std::optional<Timestamp> Blobs::stored_at(TenantNumber tenant, const Hash& hash) const {
  const auto status = status_of(Place(directory_, tenant, hash).path);
  if (!status) return std::nullopt;
  const timespec& at = status->st_mtim;
  return Timestamp(std::chrono::seconds(at.tv_sec) + Microseconds(at.tv_nsec / 1000));
}

}  // namespace assent::store
