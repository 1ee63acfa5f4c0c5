#include "verify/member_reader.h"

#include <utility>

namespace assent::verify {
namespace {

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

}  // namespace

Result<bool> MemberReader::fill() {
  buffer_.erase(0, used_);
  used_ = 0;
  const std::string_view piece = TRY(members_.read());
  hasher_.update(piece);
  bytes_ += piece.size();
  buffer_ += piece;
  return !piece.empty();
}

Result<std::optional<std::string_view>> MemberReader::line(std::size_t max) {
  std::size_t searched = 0;
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(used_);
    const std::size_t end = rest.find('\n', searched);
    if (std::min(end, rest.size()) > max) return corrupt("a line is longer than one can be");
    if (end != std::string_view::npos) {
      used_ += end + 1;
      return std::optional(rest.substr(0, end));
    }
    searched = rest.size();
    if (TRY(fill())) continue;
    if (searched == 0) return std::optional<std::string_view>();
    return corrupt("the last line is cut off");
  }
}

Result<std::string> MemberReader::whole(std::size_t max) {
  std::string text;
  while (TRY(fill())) {
    if (text.size() + buffer_.size() > max) return corrupt("the file is larger than it can be");
    text += buffer_;
    used_ = buffer_.size();
  }
  return text;
}

Result<void> MemberReader::finish(const FileEntry& expected) {
  used_ = buffer_.size();
  while (TRY(fill())) used_ = buffer_.size();
  if (bytes_ != expected.bytes) {
    return corrupt("the file has " + std::to_string(bytes_) + " bytes, the manifest says " +
                   std::to_string(expected.bytes));
  }
  if (hasher_.finish() != expected.sha256) {
    return corrupt("the file is not the one that the manifest says");
  }
  return {};
}

}  // namespace assent::verify
