// A bundle as the directory that it was unpacked into.
#include "verify/members.h"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace assent::verify {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} * 1024;

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

Error unreadable() {
  return {Code::unavailable, "The bundle cannot be read."};
}

class Directory final : public Members {
 public:
  Directory(std::filesystem::path path, std::vector<std::string> names)
      : path_(std::move(path)), names_(std::move(names)) {}
  ~Directory() override { close(); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  Result<std::optional<Member>> next() override;
  Result<std::string_view> read() override;

 private:
  void close() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }

  const std::filesystem::path path_;
  const std::vector<std::string> names_;  // In a bundle's order.
  std::size_t next_ = 0;
  int file_ = -1;
  std::vector<char> buffer_ = std::vector<char>(kBlockBytes);
};

Result<std::optional<Member>> Directory::next() {
  close();
  if (next_ == names_.size()) return std::optional<Member>();
  const std::string& name = names_[next_++];
  // The listing saw no link here; whoever put one since is not followed either.
  file_ = ::open((path_ / name).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status {};
  if (file_ < 0 || ::fstat(file_, &status) != 0) return unreadable();
  if (!S_ISREG(status.st_mode)) return corrupt("the directory has what is no plain file");
  return std::optional(Member{.name = name, .bytes = static_cast<std::uint64_t>(status.st_size)});
}

Result<std::string_view> Directory::read() {
  const ssize_t count = ::read(file_, buffer_.data(), buffer_.size());
  if (count < 0) return unreadable();
  return std::string_view(buffer_.data(), static_cast<std::size_t>(count));
}

bool is_room(const std::string& name) {
  return name + "/" == kBlobPrefix || name + "/" == kViewPrefix;
}

}  // namespace

Result<std::unique_ptr<Members>> open_directory(const std::string& path) {
  std::vector<std::string> names;
  std::error_code failure;
  const std::filesystem::path root(path);
  for (std::filesystem::recursive_directory_iterator entry(root, failure), end;
       entry != end && !failure; entry.increment(failure)) {
    const std::string name = entry->path().lexically_relative(root).generic_string();
    if (entry->is_symlink(failure)) return corrupt("the directory has a link");
    if (entry->is_directory(failure) && is_room(name)) continue;
    if (!entry->is_regular_file(failure)) {
      return corrupt("the directory has what is no plain file");
    }
    if (!member_rank(name)) return corrupt("the directory has a file that no bundle has");
    names.push_back(name);
  }
  if (failure) return unreadable();
  const auto by_place = [](const std::string& a, const std::string& b) {
    return std::pair(member_rank(a), std::string_view(a)) <
           std::pair(member_rank(b), std::string_view(b));
  };
  std::ranges::sort(names, by_place);
  return std::unique_ptr<Members>(std::make_unique<Directory>(root, std::move(names)));
}

}  // namespace assent::verify
