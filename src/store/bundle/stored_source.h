// A bundle's content from the directory of a store, offline or beside a running server.
#pragma once

#include "store/bundle/bundle_source.h"

#include <memory>
#include <optional>
#include <string>

namespace assent::store {

struct StoredLog {
  std::string directory;
  std::string tenant;
  // Another checkpoint than the newest: a signed note that somebody kept.
  std::optional<std::string> checkpoint = std::nullopt;
};

// Reads only. Errors: Code::not_found (no store, no such tenant), Code::invalid_state (no
// checkpoint yet), Code::unprocessable (the given checkpoint is not of this log's key),
// Code::corrupt (a log shorter than its checkpoint, or one that its key does not vouch for).
Result<std::unique_ptr<BundleSource>> open_stored_log(const StoredLog& from);

}  // namespace assent::store
