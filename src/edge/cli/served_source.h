// A bundle's content from a server: entries and hashes from the log's pages, which of them from a
// query, blobs by their hash.
#pragma once

#include "edge/cli/client.h"
#include "store/bundle/bundle_source.h"

#include <memory>
#include <optional>
#include <string>

namespace assent::cli {

struct ServedLogOptions {
  std::string tenant;
  // Another checkpoint than the newest: a signed note that somebody kept.
  std::optional<std::string> checkpoint = std::nullopt;
};

// REQUIRES: the client, whose key is an auditor's or an admin's, outlives it. Errors:
// Code::unavailable, Code::unauthenticated, Code::insufficient_permissions, Code::not_found as the
// server answers, Code::corrupt for what no log serves.
Result<std::unique_ptr<store::BundleSource>> open_served_log(Client& client,
                                                             const ServedLogOptions& options);

}  // namespace assent::cli
