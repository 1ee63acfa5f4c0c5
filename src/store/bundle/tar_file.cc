#include "store/bundle/tar_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace assent::store {
namespace {

constexpr mode_t kMemberMode = 0644;

struct ArchiveCloser {
  void operator()(archive* it) const { archive_write_free(it); }
};
struct EntryCloser {
  void operator()(archive_entry* it) const { archive_entry_free(it); }
};

Error is_taken() {
  return {Code::invalid_state, "The output file exists already: give another name."};
}

bool exists(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class TarFile::Impl {
 public:
  explicit Impl(std::string path) : path_(std::move(path)), part_(path_ + ".part") {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> open();
  Result<void> begin_member(const std::string& name, std::uint64_t size);
  Result<void> write(std::string_view bytes);
  Result<Finished> finish();

 private:
  static la_ssize_t take(archive* it, void* self, const void* bytes, std::size_t size);
  Result<void> take_part();
  Error failed() const;

  std::string path_;
  std::string part_;
  int descriptor_ = -1;
  bool is_ours_ = false;  // `part_` is the file that we write.
  std::unique_ptr<archive, ArchiveCloser> archive_;
  Sha256 hash_;
  std::uint64_t bytes_ = 0;
};

TarFile::Impl::~Impl() {
  archive_.reset();
  if (is_ours_) ::unlink(part_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

// libarchive's callback: everything goes through here, block by block.
la_ssize_t TarFile::Impl::take(archive* it, void* self, const void* bytes, std::size_t size) {
  auto& impl = *static_cast<Impl*>(self);
  ssize_t written = 0;
  do {
    written = ::write(impl.descriptor_, bytes, size);
  } while (written < 0 && errno == EINTR);
  if (written < 0) {
    archive_set_error(it, errno, "%s", std::strerror(errno));
    return -1;
  }
  const auto count = static_cast<std::size_t>(written);
  impl.hash_.update({static_cast<const char*>(bytes), count});
  impl.bytes_ += count;
  return written;
}

Error TarFile::Impl::failed() const {
  const char* const reason = archive_error_string(archive_.get());
  return {Code::unavailable,
          std::string("the bundle cannot be written: ") + (reason == nullptr ? "?" : reason)};
}

// The lock tells a file that a crash left from one that another export is writing.
Result<void> TarFile::Impl::take_part() {
  descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) return output_failed("the bundle cannot be written");
  struct stat ours = {};
  struct stat named = {};
  const bool is_locked = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  // Between the two calls the other export may have finished, and given the file its own name.
  if (!is_locked || ::fstat(descriptor_, &ours) != 0 || ::stat(part_.c_str(), &named) != 0 ||
      ours.st_ino != named.st_ino) {
    return Error{Code::invalid_state, "Another export is writing this file."};
  }
  is_ours_ = true;
  if (::ftruncate(descriptor_, 0) != 0) return output_failed("the bundle cannot be written");
  return {};
}

Result<void> TarFile::Impl::open() {
  if (exists(path_)) return is_taken();
  TRY(take_part());
  archive_.reset(archive_write_new());
  if (!archive_) return Error{Code::unavailable, "there is no memory to write the bundle"};
  if (archive_write_set_format_pax_restricted(archive_.get()) != ARCHIVE_OK ||
      archive_write_open(archive_.get(), this, nullptr, &Impl::take, nullptr) != ARCHIVE_OK) {
    return failed();
  }
  return {};
}

Result<void> TarFile::Impl::begin_member(const std::string& name, std::uint64_t size) {
  const std::unique_ptr<archive_entry, EntryCloser> entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), kMemberMode);
  archive_entry_set_mtime(entry.get(), 0, 0);
  return archive_write_header(archive_.get(), entry.get()) == ARCHIVE_OK ? Result<void>()
                                                                         : Result<void>(failed());
}

Result<void> TarFile::Impl::write(std::string_view bytes) {
  const auto written = archive_write_data(archive_.get(), bytes.data(), bytes.size());
  if (written != static_cast<la_ssize_t>(bytes.size())) return failed();
  return {};
}

Result<TarFile::Finished> TarFile::Impl::finish() {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) return failed();
  if (::fsync(descriptor_) != 0) return output_failed("the bundle cannot be synced");
  // Not over a file that somebody made meanwhile, where the file system can promise that.
  int renamed = ::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE);
  if (renamed != 0 && errno == EINVAL) renamed = ::rename(part_.c_str(), path_.c_str());
  if (renamed != 0) {
    return errno == EEXIST ? is_taken() : output_failed("the bundle cannot be given its name");
  }
  is_ours_ = false;
  const int directory = ::open(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);  // Its own name is all that a crash could still take.
    ::close(directory);
  }
  return Finished{.bytes = bytes_, .sha256 = hash_.finish()};
}

TarFile::TarFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TarFile::TarFile(TarFile&&) noexcept = default;
TarFile::~TarFile() = default;

Result<TarFile> TarFile::begin(const std::string& path) {
  auto impl = std::make_unique<Impl>(path);
  TRY(impl->open());
  return TarFile(std::move(impl));
}

Result<void> TarFile::add(const std::string& name, std::string_view bytes) {
  TRY(impl_->begin_member(name, bytes.size()));
  return impl_->write(bytes);
}

Result<void> TarFile::add(const std::string& name, Spool& bytes) {
  return add(name, bytes, 0, bytes.size());
}

Result<void> TarFile::add(const std::string& name, Spool& from, std::uint64_t offset,
                          std::uint64_t size) {
  TRY(impl_->begin_member(name, size));
  return from.read(offset, size, [this](std::string_view piece) { return impl_->write(piece); });
}

Result<TarFile::Finished> TarFile::finish() {
  return impl_->finish();
}

}  // namespace assent::store
