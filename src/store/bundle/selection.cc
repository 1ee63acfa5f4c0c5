#include "store/bundle/selection.h"

#include "store/search/facets.h"
#include "store/search/search_terms.h"

#include <algorithm>
#include <string>

namespace assent::store {
namespace {

// The first event of the range that is at or after `at`; times never run backwards.
Result<std::uint64_t> first_not_before(BundleSource& source, Timestamp at, SequenceRange range) {
  while (range.begin < range.end) {
    const std::uint64_t middle = range.begin + (range.end - range.begin) / 2;
    if (TRY(time_of_event(source, middle)) < at) {
      range.begin = middle + 1;
    } else {
      range.end = middle;
    }
  }
  return range.begin;
}

Result<void> check(const BundleSource& source, const BundleSelection& selection) {
  const std::uint64_t size = ledger::number(source.log().head.size);
  if (selection.from && selection.to && *selection.from > *selection.to) {
    return error_at(Code::validation_error, "to", "is before from");
  }
  if (selection.since && selection.until && *selection.since > *selection.until) {
    return error_at(Code::validation_error, "until", "is before since");
  }
  if (selection.from && *selection.from > size) {
    return error_at(
        Code::validation_error, "from",
        "is beyond the newest checkpoint, which has " + std::to_string(size) + " events");
  }
  return {};
}

}  // namespace

bool BundleSelection::is_range() const {
  return terms_of(filters_of(filters)).empty();
}

Result<Timestamp> time_of_event(BundleSource& source, std::uint64_t sequence) {
  std::optional<Timestamp> time;
  TRY(source.walk({sequence, sequence + 1}, [&](std::uint64_t, std::string_view bytes) {
    const auto facets = facets_of(bytes);
    if (facets && facets->time) time = from_rfc3339(*facets->time);
    return Result<void>();
  }));
  if (time) return *time;
  return Error{Code::corrupt, "event " + std::to_string(sequence) + " of the log has no time"};
}

Result<SelectedRange> select_range(BundleSource& source, const BundleSelection& selection) {
  TRY(check(source, selection));
  const std::uint64_t known = source.log().known_size;
  const std::uint64_t size = ledger::number(source.log().head.size);
  SequenceRange range{.begin = selection.from.value_or(0),
                      .end = std::min(selection.to.value_or(known), known)};
  range.end = std::max(range.begin, range.end);
  if (selection.since) range.begin = TRY(first_not_before(source, *selection.since, range));
  if (selection.until) range.end = TRY(first_not_before(source, *selection.until, range));
  return SelectedRange{
      .range = {.begin = std::min(range.begin, size), .end = std::min(range.end, size)},
      .beyond = {.begin = std::max(range.begin, size), .end = std::max(range.end, size)}};
}

}  // namespace assent::store
