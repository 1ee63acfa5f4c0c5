// The producers of emitted events, and which of their numbers are missing. Everything here is of
// the reader's tenant; errors as in approvals.h.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "store/read.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

struct ProducerGap {
  std::int64_t first = 0;
  std::int64_t last = 0;  // Included.
};

struct Producer {
  std::string id;
  std::int64_t next = 1;     // One more than the highest number seen.
  std::int64_t missing = 0;  // How many below it were never seen.
  Timestamp last_seen_at;
  // Whose it is; nothing: all its events are of before names were bound, and the next one binds it.
  std::optional<PrincipalId> principal;
  std::vector<ProducerGap> gaps = {};  // Ascending; not filled in by list_producers().
};

// What a number would be to the producer that uses it.
enum class Numbering {
  next,     // The one that follows, of a new producer too.
  skips,    // It leaves a gap before it.
  late,     // It was missing.
  seen,     // It was used already.
  foreign,  // The producer is another principal's, whatever the number.
};
struct NumberUse {
  std::string_view producer;
  std::int64_t sequence = 0;
  PrincipalId principal;  // Who would use it.
};
Result<Numbering> numbering(const Read& read, const NumberUse& use);

// The lowest, at most `limit`. There are never more than the producer has events.
Result<std::vector<ProducerGap>> gaps_of(const Read& read, std::string_view producer,
                                         std::int64_t limit);

// In the order of their ids, those after `after`, at most `limit`.
struct ProducerFilter {
  bool only_with_gaps = false;
  std::string after = {};
  std::int64_t limit = 100;
};
Result<std::vector<Producer>> list_producers(const Read& read, const ProducerFilter& filter);

}  // namespace assent::store
