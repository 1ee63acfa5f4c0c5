// The members of a bundle, one after the other: of a tar file or of a directory.
//
// Either may be hostile. What is not a plain file with a name that a bundle can have is
// Code::corrupt, whatever it is; nothing is ever written.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace assent::verify {

inline constexpr std::string_view kManifest = "manifest.json";
inline constexpr std::string_view kCheckpoint = "checkpoint";
inline constexpr std::string_view kKeys = "keys.json";
inline constexpr std::string_view kEvents = "events.ndjson";
inline constexpr std::string_view kProofs = "proofs.ndjson";
inline constexpr std::string_view kWitnesses = "witnesses.json";
inline constexpr std::string_view kBlobPrefix = "blobs/";
inline constexpr std::string_view kViewPrefix = "views/";

// Where a member of that name stands in a bundle; nothing if no member can have the name.
std::optional<unsigned> member_rank(std::string_view name);

struct Member {
  std::string name;
  std::uint64_t bytes = 0;
};

class Members {
 public:
  virtual ~Members() = default;

  // The next member; nothing at the end. What is left of the one before is passed over.
  // Code::corrupt for anything that a bundle has not, Code::unavailable if the disk fails.
  virtual Result<std::optional<Member>> next() = 0;

  // The next piece of the member; empty at its end. Valid until the next call.
  virtual Result<std::string_view> read() = 0;
};

// Code::not_found if there is nothing at `path`.
Result<std::unique_ptr<Members>> open_members(const std::string& path);

// Parts of open_members().
Result<std::unique_ptr<Members>> open_archive(const std::string& path);
Result<std::unique_ptr<Members>> open_directory(const std::string& path);

}  // namespace assent::verify
