#include "store/state/producers.h"

#include "store/state/row.h"

namespace assent::store {
namespace {

constexpr std::string_view kNext = R"sql(
  SELECT next, principal
    FROM producers
   WHERE tenant = $1 AND id = $2)sql";

constexpr std::string_view kGapAt = R"sql(
  SELECT first, last
    FROM producer_gaps
   WHERE tenant = $1 AND producer = $2 AND first <= $3
   ORDER BY first DESC
   LIMIT 1)sql";

constexpr std::string_view kGaps = R"sql(
  SELECT first, last
    FROM producer_gaps
   WHERE tenant = $1 AND producer = $2
   ORDER BY first
   LIMIT $3)sql";

constexpr std::string_view kList = R"sql(
  SELECT id, next, missing, last_seen_at, principal
    FROM producers
   WHERE tenant = $1 AND id > $2
   ORDER BY id
   LIMIT $3)sql";

constexpr std::string_view kListWithGaps = R"sql(
  SELECT id, next, missing, last_seen_at, principal
    FROM producers
   WHERE tenant = $1 AND id > $2 AND missing > 0
   ORDER BY id
   LIMIT $3)sql";

}  // namespace

Result<Numbering> numbering(const Read& read, const NumberUse& use) {
  const auto known = TRY(read.connection().query(kNext, {read.tenant_key(), use.producer}));
  std::int64_t next = 1;
  if (TRY(known->next())) {
    RowReader row(*known, "producers");
    next = row.integer(0);
    const auto owner = row.optional_id<PrincipalId>(1);
    TRY(row.finish());
    if (owner.value_or(use.principal) != use.principal) return Numbering::foreign;
  }
  if (use.sequence == next) return Numbering::next;
  if (use.sequence > next) return Numbering::skips;
  const auto gap =
      TRY(read.connection().query(kGapAt, {read.tenant_key(), use.producer, use.sequence}));
  const bool is_missing = TRY(gap->next()) && use.sequence <= gap->integer(1);
  return is_missing ? Numbering::late : Numbering::seen;
}

Result<std::vector<ProducerGap>> gaps_of(const Read& read, std::string_view producer,
                                         std::int64_t limit) {
  std::vector<ProducerGap> gaps;
  const auto rows = TRY(read.connection().query(kGaps, {read.tenant_key(), producer, limit}));
  while (TRY(rows->next())) gaps.push_back({rows->integer(0), rows->integer(1)});
  return gaps;
}

Result<std::vector<Producer>> list_producers(const Read& read, const ProducerFilter& filter) {
  std::vector<Producer> found;
  const auto rows = TRY(read.connection().query(filter.only_with_gaps ? kListWithGaps : kList,
                                                {read.tenant_key(), filter.after, filter.limit}));
  while (TRY(rows->next())) {
    RowReader row(*rows, "producers");
    found.push_back({.id = row.text(0),
                     .next = row.integer(1),
                     .missing = row.integer(2),
                     .last_seen_at = row.time(3),
                     .principal = row.optional_id<PrincipalId>(4)});
    TRY(row.finish());
  }
  return found;
}

}  // namespace assent::store
