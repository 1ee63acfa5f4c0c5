#include "store/bundle/spool.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace assent::store {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;

// A file that has lost its name. Not every file system can make one without (O_TMPFILE).
int open_nameless(const std::string& directory) {
  const int descriptor = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return descriptor;
  std::string name = directory + "/.assent-export-XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

Error output_failed(std::string_view what) {
  const int reason = errno;
  return {Code::unavailable, std::string(what) + ": " + std::strerror(reason)};
}

Result<Spool> Spool::in(const std::string& directory) {
  const int descriptor = open_nameless(directory);
  if (descriptor < 0) return output_failed("a temporary file cannot be made beside the bundle");
  return Spool(descriptor);
}

Spool::Spool(Spool&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      pending_(std::move(other.pending_)) {}

Spool::~Spool() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> Spool::append(std::string_view bytes) {
  pending_ += bytes;
  size_ += bytes.size();
  return pending_.size() < kPieceBytes ? Result<void>() : flush();
}

Result<void> Spool::flush() {
  std::string_view left = pending_;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return output_failed("a temporary file beside the bundle cannot be written");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  pending_.clear();
  return {};
}

Result<void> Spool::read(const Take& take) {
  return read(0, size_, take);
}

Result<void> Spool::read(std::uint64_t offset, std::uint64_t size, const Take& take) {
  TRY(flush());
  std::vector<char> piece(std::min<std::uint64_t>(kPieceBytes, size));
  while (size > 0) {
    const ssize_t got =
        ::pread(descriptor_, piece.data(), std::min<std::uint64_t>(piece.size(), size),
                static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return output_failed("a temporary file beside the bundle cannot be read");
    const auto count = static_cast<std::size_t>(got);
    TRY(take({piece.data(), count}));
    offset += count;
    size -= count;
  }
  return {};
}

}  // namespace assent::store
