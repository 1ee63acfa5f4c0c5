// Content-addressed bytes beside the log: `blobs/<tenant number>/<2 hex>/<62 hex>`.
//
// A blob is written to a temporary name, synced, renamed, and its directory synced before any event
// may name it; what a crash leaves is an unnamed temporary that open() removes. Per tenant, so that
// nobody learns what another tenant stores. Thread-safe; blocks on the disk (not for io threads).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/result.h"
#include "domain/principal.h"

namespace assent::store {

class Blobs {
 public:
  static Result<std::unique_ptr<Blobs>> open(const std::string& directory);
  explicit Blobs(std::string directory) : directory_(std::move(directory)) {}

  // Durable on return. Writing what is there already is cheap and changes nothing.
  Result<Hash> put(TenantNumber tenant, std::string_view bytes) const;
  // Code::not_found if absent, Code::corrupt if the bytes no longer hash to their name.
  Result<std::string> get(TenantNumber tenant, const Hash& hash) const;
  // Its size, or nothing if absent.
  std::optional<std::int64_t> size(TenantNumber tenant, const Hash& hash) const;

 private:
  std::string directory_;
};

}  // namespace assent::store
