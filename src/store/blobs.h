// Content-addressed bytes beside the log: `blobs/<tenant number>/<2 hex>/<62 hex>`.
//
// A blob is written to a temporary name (`blobs/incoming/…`), synced, renamed, and its directory
// synced before any event may name it; what a crash leaves is a temporary that no event names and
// open() removes. Per tenant, so that
// nobody learns what another tenant stores. Thread-safe; blocks on the disk (not for io threads).
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/principal.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace assent::store {

class Blobs {
 public:
  static Result<std::unique_ptr<Blobs>> open(const std::string& directory);
  explicit Blobs(std::string directory) : directory_(std::move(directory)) {}

  // Durable on return. Writing what is there already is cheap and changes nothing; what is there
  // but damaged is replaced. Code::unavailable if the disk cannot.
  Result<Hash> put(TenantNumber tenant, std::string_view bytes) const;
  // Code::not_found if absent, Code::corrupt if the bytes no longer hash to their name.
  Result<std::string> get(TenantNumber tenant, const Hash& hash) const;
  // Its size, or nothing if absent.
  std::optional<std::int64_t> size(TenantNumber tenant, const Hash& hash) const;
  // When its bytes were first put, by the file's clock; nothing if absent.
  std::optional<Timestamp> stored_at(TenantNumber tenant, const Hash& hash) const;

 private:
  Result<void> make_directory(const std::string& path) const;

  std::string directory_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> durable_directories_;  // Guarded by mutex_.
};

}  // namespace assent::store
