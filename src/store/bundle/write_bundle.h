// Writes evidence that a stranger can check: a tar file of events, proofs, checkpoint, keys and
// blobs (docs/ledger-format.md, bundles), from a store's files or from a server.
//
// Memory does not grow with the log. What the source says is checked against its checkpoint before
// anything is written: a bundle that is written verifies.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "domain/dialect/dialect.h"
#include "store/bundle/bundle_source.h"
#include "store/bundle/selection.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace assent::store {

struct BundleOrder {
  BundleSelection selection;
  std::string path;          // Of the file to make; must not be there.
  bool require_all = false;  // Fail where selected events are beyond the checkpoint.
  bool with_csv = false;
  std::vector<Dialect> dialects = {};
  std::function<void(std::uint64_t)> progress = nullptr;  // Told how many events are written.
};

struct BundleReport {
  std::string tenant;
  bool is_range = true;
  SequenceRange range;  // Where they were looked for.
  std::uint64_t events = 0;
  std::uint64_t size = 0;  // The checkpoint's.
  std::uint64_t beyond =
      0;  // Selected, but not in any published checkpoint yet: not in the bundle.
  std::uint64_t blobs = 0;
  std::uint64_t missing_blobs = 0;
  std::uint64_t bytes = 0;
  Hash sha256{};  // Of the file.
};

// The same selection and checkpoint make the same bytes. On an Error there is no file. Errors:
// Code::corrupt if what the source says is not what its checkpoint promised, with the sequence
// where one can be named; Code::validation_error for a selection that makes no sense;
// Code::not_found for an approval without events; Code::invalid_state if the file exists, or by
// require_all; Code::unavailable if it cannot be read or written.
Result<BundleReport> write_bundle(BundleSource& source, const BundleOrder& order);

}  // namespace assent::store
