// Which events a bundle is about.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "store/bundle/bundle_source.h"
#include "store/search/search.h"
#include "store/search/search_query.h"

#include <cstdint>
#include <optional>

namespace assent::store {

// Everything given must hold; nothing given is the whole log.
struct BundleSelection {
  // Sequences [from, to) and times [since, until).
  std::optional<std::uint64_t> from, to;
  std::optional<Timestamp> since, until;
  // Its filters only. With any of them a bundle is of members, without of a range.
  EventQuery filters;
  Json given = Json::object();  // As the caller spelt it all; for the manifest.

  bool is_range() const;
};

// The part of the log that sequences and times select, cut to the checkpoint …
struct SelectedRange {
  SequenceRange range;
  // … and what of it is beyond, as far as is known: in the log, but in no published checkpoint.
  SequenceRange beyond;
};
// Code::validation_error for an empty period, or one that begins beyond the checkpoint.
Result<SelectedRange> select_range(BundleSource& source, const BundleSelection& selection);

// Of one event of the log. REQUIRES: it is known.
Result<Timestamp> time_of_event(BundleSource& source, std::uint64_t sequence);

}  // namespace assent::store
