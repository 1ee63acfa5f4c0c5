// The blobs that a bundle's events name by hash.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "store/bundle/spool.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// The hashes that the event names blobs by: a policy's document, evidence that is a file, a subject
// or a request too large for the event. Code::corrupt if it names one by what is no hash.
Result<std::vector<Hash>> blobs_named_by(std::string_view event);

// How many hashes are sorted in memory at a time: 16 MiB.
inline constexpr std::uint64_t kHashesPerPass = 512 * 1024;

// Remembers what is named, in a file; then fetches each blob once, into another, in the order of
// their hashes. One thread.
class NamedBlobs {
 public:
  // REQUIRES: hashes_per_pass > 0.
  static Result<NamedBlobs> in(const std::string& directory, std::uint64_t hashes_per_pass);

  // REQUIRES: fetch() was not called.
  Result<void> add(std::string_view event);

  // `get` answers Code::not_found for what is kept no longer; its other Errors end the fetching.
  using Get = std::function<Result<std::string>(const Hash&)>;
  Result<void> fetch(const Get& get);

  struct Kept {
    Hash hash{};
    std::uint64_t offset = 0;  // In bytes().
    std::uint64_t size = 0;
  };
  // In the order of the hashes. REQUIRES: fetch() was called.
  Result<void> each_kept(const std::function<Result<void>(const Kept&)>& visit);
  Result<void> each_missing(const std::function<Result<void>(const Hash&)>& visit);
  Spool& bytes() { return bytes_; }

  std::uint64_t kept() const { return kept_; }
  std::uint64_t missing() const { return missing_; }

 private:
  NamedBlobs(std::uint64_t hashes_per_pass, Spool named, Spool list, Spool absent, Spool bytes)
      : hashes_per_pass_(hashes_per_pass),
        named_(std::move(named)),
        list_(std::move(list)),
        absent_(std::move(absent)),
        bytes_(std::move(bytes)) {}
  Result<std::vector<Hash>> share(std::uint64_t which, std::uint64_t shares);
  Result<void> fetch_one(const Get& get, const Hash& hash);

  std::uint64_t hashes_per_pass_;
  Spool named_;   // Hashes, as they come.
  Spool list_;    // Kept, ascending.
  Spool absent_;  // Hashes, ascending.
  Spool bytes_;
  std::uint64_t kept_ = 0;
  std::uint64_t missing_ = 0;
};

}  // namespace assent::store
