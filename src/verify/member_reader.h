// Reads one member of a bundle, by lines or whole, and remembers what it has read for comparing
// with the manifest. Memory does not depend on the member's size.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "verify/bundle_parts.h"
#include "verify/members.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent::verify {

class MemberReader {
 public:
  // REQUIRES: `members` outlives it and is used by nobody else meanwhile.
  explicit MemberReader(Members& members) : members_(members) {}

  // The next line without its newline; nothing at the end. The view is valid until the next call.
  // Code::corrupt for a line longer than `max` bytes, or a last one without its newline.
  Result<std::optional<std::string_view>> line(std::size_t max);

  // All of it. Code::corrupt beyond `max` bytes.
  Result<std::string> whole(std::size_t max);

  // Reads what is left, and compares all of it with what the manifest says.
  Result<void> finish(const FileEntry& expected);

 private:
  // Appends the next piece to the buffer; false at the end.
  Result<bool> fill();

  Members& members_;
  Sha256 hasher_;
  std::uint64_t bytes_ = 0;
  std::string buffer_;
  std::size_t used_ = 0;  // Of buffer_, from its front.
};

}  // namespace assent::verify
