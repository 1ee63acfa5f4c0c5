// Where a bundle's content comes from: a store's files, or a server that is asked over HTTP.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "ledger/merkle.h"
#include "store/search/search.h"
#include "store/search/search_query.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// A key that signs, or once signed, a log's checkpoints.
struct BundleKey {
  std::string verifier_key;
  std::uint64_t from_size = 0;          // The smallest checkpoint that it signs.
  std::optional<std::string> handover;  // The note of both keys, where there is one.
};

// What is known of a log before any of its events is read.
struct BundleLog {
  std::string tenant;
  std::string origin;
  std::string checkpoint;       // The note, byte for byte, signed by the last of `keys`.
  ledger::TreeHead head;        // What it says.
  std::string verifier_key;     // Who says it: the last of `keys`.
  std::vector<BundleKey> keys;  // Up to the checkpoint's, oldest first; never empty.
  std::optional<std::string> witness_policy;
  std::vector<std::string> witness_keys;
  // How many events there are at least: not less than the checkpoint's size.
  std::uint64_t known_size = 0;
};

// One tenant's log. One thread. Whoever writes a bundle checks what comes from here against the
// checkpoint, so a source need not be believed.
class BundleSource {
 public:
  using Visitor = std::function<Result<void>(std::uint64_t sequence, std::string_view bytes)>;

  virtual ~BundleSource() = default;

  // The newest checkpoint and what belongs to it; the same at each call.
  virtual const BundleLog& log() const = 0;

  // Every event of the range, ascending. The first Error ends it. Code::corrupt, with the sequence,
  // for an event that is missing or is not what its leaf says. REQUIRES: range.end <= known_size.
  virtual Result<void> walk(SequenceRange range, const Visitor& visit) = 0;

  // Those of them that the query's filters select; its times and sequences are not looked at.
  virtual Result<void> find(const EventQuery& query, SequenceRange range, const Visitor& visit) = 0;

  // REQUIRES: wholly within the checkpoint's tree.
  virtual Result<Hash> node(ledger::Node node) = 0;

  // Code::not_found if it is no longer kept, Code::corrupt if it is damaged.
  virtual Result<std::string> blob(const Hash& hash) = 0;
};

}  // namespace assent::store
