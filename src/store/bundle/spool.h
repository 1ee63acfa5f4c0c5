// A temporary file without a name, beside the output: what is too long for memory waits here until
// its length and hash, which come first in a bundle, are known. Gone with the process, however that
// ends.
#pragma once

#include "base/hash.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace assent::store {

// Written from its beginning to its end, then read. Movable; one thread. Errors: Code::unavailable
// with the system's reason.
class Spool {
 public:
  static Result<Spool> in(const std::string& directory);
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;
  ~Spool();

  Result<void> append(std::string_view bytes);
  std::uint64_t size() const { return size_; }

  // Calls `take` with all of it, piece by piece, or with the part of that place.
  using Take = std::function<Result<void>(std::string_view)>;
  Result<void> read(const Take& take);
  Result<void> read(std::uint64_t offset, std::uint64_t size, const Take& take);

 private:
  explicit Spool(int descriptor) : descriptor_(descriptor) {}
  Result<void> flush();

  int descriptor_;  // -1 once moved from.
  std::uint64_t size_ = 0;
  std::string pending_;  // Not in the file yet.
};

// A spool that becomes a file of the bundle, and therefore hashes what it is given.
class HashedSpool {
 public:
  explicit HashedSpool(Spool spool) : spool_(std::move(spool)) {}

  Result<void> append(std::string_view bytes) {
    hash_.update(bytes);
    return spool_.append(bytes);
  }
  Hash finish() { return hash_.finish(); }
  Spool& spool() { return spool_; }

 private:
  Spool spool_;
  Sha256 hash_;
};

// The system's reason for a failure of what `what` names.
Error output_failed(std::string_view what);

}  // namespace assent::store
