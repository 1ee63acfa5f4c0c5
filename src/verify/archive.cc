// A bundle as a tar file. The one place that knows libarchive.
#include "verify/members.h"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <sys/stat.h>
#include <utility>

namespace assent::verify {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

struct Close {
  void operator()(archive* handle) const { archive_read_free(handle); }
};

class Archive final : public Members {
 public:
  explicit Archive(std::unique_ptr<archive, Close> handle) : handle_(std::move(handle)) {}

  Result<std::optional<Member>> next() override;
  Result<std::string_view> read() override;

 private:
  Error fault(std::string_view when) const;

  std::unique_ptr<archive, Close> handle_;
  std::int64_t offset_ = 0;
};

// What libarchive cannot read is damage, unless the operating system said so first.
Error Archive::fault(std::string_view when) const {
  const int number = archive_errno(handle_.get());
  if (number == EIO || number == EACCES || number == ENOMEM) {
    return {Code::unavailable, "The bundle cannot be read."};
  }
  return corrupt("the archive is damaged or cut off " + std::string(when));
}

// Why a bundle cannot have this entry; nothing if it can.
std::optional<std::string> objection(archive_entry* entry, std::string_view name) {
  if (name.starts_with('/')) return "the archive has an absolute path";
  if (name == ".." || name.starts_with("../") || name.ends_with("/..") ||
      name.find("/../") != std::string_view::npos) {
    return "the archive has a path that leads out of the bundle";
  }
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr) {
    return "the archive has a link";
  }
  if (archive_entry_filetype(entry) != S_IFREG) return "the archive has what is no plain file";
  if (archive_entry_sparse_count(entry) > 0) return "the archive has a file with holes";
  if (archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0) {
    return "the archive has a file without a size";
  }
  if (!member_rank(name)) return "the archive has a member that no bundle has";
  return std::nullopt;
}

Result<std::optional<Member>> Archive::next() {
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(handle_.get(), &entry);
  if (status == ARCHIVE_EOF) return std::optional<Member>();
  if (status != ARCHIVE_OK) return fault("where a member begins");
  offset_ = 0;
  const char* const name = archive_entry_pathname(entry);
  if (name == nullptr) return corrupt("the archive has a member that no bundle has");
  if (auto why = objection(entry, name)) return corrupt(*std::move(why));
  return std::optional(
      Member{.name = name, .bytes = static_cast<std::uint64_t>(archive_entry_size(entry))});
}

Result<std::string_view> Archive::read() {
  const void* bytes = nullptr;
  std::size_t count = 0;
  std::int64_t offset = 0;
  const int status = archive_read_data_block(handle_.get(), &bytes, &count, &offset);
  if (status == ARCHIVE_EOF) return std::string_view();
  if (status != ARCHIVE_OK) return fault("within a member");
  if (offset != offset_) return corrupt("the archive has a file with holes");
  offset_ += static_cast<std::int64_t>(count);
  // An empty block is not the end of the member.
  if (count == 0) return read();
  return std::string_view(static_cast<const char*>(bytes), count);
}

}  // namespace

Result<std::unique_ptr<Members>> open_archive(const std::string& path) {
  std::unique_ptr<archive, Close> handle(archive_read_new());
  CHECK(handle != nullptr);
  // Nothing but tar, and not compressed: whoever may choose among a dozen parsers has a dozen
  // chances.
  archive_read_support_filter_none(handle.get());
  archive_read_support_format_tar(handle.get());
  if (archive_read_open_filename(handle.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) {
    const int number = archive_errno(handle.get());
    if (number == EACCES || number == EIO || number == ENOENT) {
      return Error{Code::unavailable, "The bundle cannot be read."};
    }
    return corrupt("the file is no tar archive");
  }
  return std::unique_ptr<Members>(std::make_unique<Archive>(std::move(handle)));
}

}  // namespace assent::verify
