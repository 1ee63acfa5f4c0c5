#include "store/search/search_query.h"

#include "store/read.h"

#include <algorithm>
#include <utility>

namespace assent::store {
namespace {

constexpr std::string_view kEventAt = R"sql(
  SELECT body
    FROM events
   WHERE position = $1)sql";

constexpr std::string_view kEventsFrom = R"sql(
  SELECT position, body
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position
   LIMIT $3)sql";

// More than anybody can hold; the rest is the next page's.
constexpr std::size_t kLimitMax = 1'000'000;

Error damaged_at(std::uint64_t sequence) {
  return {Code::corrupt, "event " + std::to_string(sequence) + " of the log is missing or damaged"};
}

// Several posting lists read as one, in order.
class Union {
 public:
  explicit Union(std::vector<PostingList> lists) {
    for (auto& list : lists) parts_.push_back({.list = std::move(list)});
  }

  // The first sequence at or after `sequence` that is in any list, or nothing. REQUIRES: not before
  // the last one asked for.
  Result<std::optional<std::uint64_t>> seek(std::uint64_t sequence) {
    std::optional<std::uint64_t> first;
    for (Part& part : parts_) {
      // Only lists that are behind move: what one found ahead of the others stays found.
      if (part.is_fresh || (part.at && *part.at < sequence)) {
        part.at = TRY(part.list.seek(sequence));
        part.is_fresh = false;
      }
      if (part.at && (!first || *part.at < *first)) first = part.at;
    }
    return first;
  }

 private:
  struct Part {
    PostingList list;
    std::optional<std::uint64_t> at = std::nullopt;  // Where it stands; nothing: at its end …
    bool is_fresh = true;                            // … or nothing was asked of it yet.
  };
  std::vector<Part> parts_;
};

// The first sequence from `from` on that is in all lists, or nothing. Each list in turn leaps to
// where the others are at least, so the rarest term sets the pace.
Result<std::optional<std::uint64_t>> first_common(std::vector<Union>& lists, std::uint64_t from) {
  std::uint64_t candidate = from;
  std::size_t agreeing = 0;
  for (std::size_t i = 0; agreeing < lists.size(); i = (i + 1) % lists.size()) {
    const auto found = TRY(lists[i].seek(candidate));
    if (!found) return std::optional<std::uint64_t>();
    agreeing = *found == candidate ? agreeing + 1 : 1;
    candidate = *found;
  }
  return std::optional(candidate);
}

}  // namespace

Result<std::string> LogView::bytes(std::uint64_t sequence) const {
  const auto rows = TRY(connection_.query(kEventAt, {position_of(tenant_, sequence)}));
  if (!TRY(rows->next())) return damaged_at(sequence);
  return std::string(rows->bytes(0));
}

Result<Timestamp> LogView::time(std::uint64_t sequence) const {
  const std::string event = TRY(bytes(sequence));
  const auto facets = facets_of(event);
  if (!facets || !facets->time) return damaged_at(sequence);
  const auto time = from_rfc3339(*facets->time);
  if (!time) return damaged_at(sequence);
  return *time;
}

Result<std::uint64_t> LogView::first_not_before(Timestamp at, std::uint64_t begin,
                                                std::uint64_t end) const {
  while (begin < end) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    if (TRY(time(middle)) < at) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

Result<SequenceRange> range_of(const LogView& log, const EventQuery& query) {
  SequenceRange range{std::min(query.from_sequence, query.end_sequence), query.end_sequence};
  if (query.since) range.begin = TRY(log.first_not_before(*query.since, range.begin, range.end));
  if (query.until) range.end = TRY(log.first_not_before(*query.until, range.begin, range.end));
  return range;
}

Result<FoundPage> read_page(const LogView& log, SequenceRange range, std::size_t limit) {
  FoundPage page;
  const std::uint64_t count = std::min(range.end - range.begin, std::min(limit, kLimitMax));
  if (count < range.end - range.begin) page.next_sequence = range.begin + count;

  const auto rows =
      TRY(log.connection().query(kEventsFrom, {position_of(log.tenant(), range.begin),
                                               position_of(log.tenant(), range.begin + count),
                                               static_cast<std::int64_t>(count)}));
  for (std::uint64_t sequence = range.begin; sequence < range.begin + count; ++sequence) {
    if (!TRY(rows->next()) || rows->integer(0) != position_of(log.tenant(), sequence)) {
      return damaged_at(sequence);
    }
    page.events.push_back({sequence, std::string(rows->bytes(1))});
  }
  return page;
}

Result<FoundPage> find_page(const LogView& log, const SearchIndex& index, const Filters& filters,
                            SequenceRange range, std::size_t limit) {
  std::vector<Union> lists;
  for (const AnyOf& terms : terms_of(filters)) {
    lists.emplace_back(index.lists(log.tenant(), terms));
  }
  FoundPage page;
  for (std::uint64_t from = range.begin;;) {
    const auto candidate = TRY(first_common(lists, from));
    if (!candidate || *candidate >= range.end) return page;
    from = *candidate + 1;

    std::string event = TRY(log.bytes(*candidate));
    const auto facets = facets_of(event);
    if (!facets) return damaged_at(*candidate);  // It could be indexed once.
    if (!matches(*facets, filters)) continue;
    if (page.events.size() >= limit) {
      page.next_sequence = *candidate;
      return page;
    }
    page.events.push_back({*candidate, std::move(event)});
  }
}

}  // namespace assent::store
