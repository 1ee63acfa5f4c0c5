#include "app/list_producers.h"

#include "app/cursor.h"
#include "store/state/producers.h"

namespace assent::app {

namespace {

constexpr std::int64_t kPageMax = 100;
constexpr std::int64_t kGapsShown = 1000;  // Of each producer; `missingCount` knows of all.

std::string text_of(const store::ProducerGap& gap) {
  const std::string first = std::to_string(gap.first);
  return gap.first == gap.last ? first : first + "-" + std::to_string(gap.last);
}

Result<ProducerView> view_of(const store::Read& read, const store::Producer& producer) {
  ProducerView view{.id = producer.id,
                    .next = producer.next,
                    .missing = {},
                    .missing_count = producer.missing,
                    .last_seen_at = producer.last_seen_at,
                    .principal = producer.principal};
  if (producer.missing == 0) return view;
  const auto gaps = TRY(store::gaps_of(read, producer.id, kGapsShown));
  for (const auto& gap : gaps) view.missing.push_back(text_of(gap));
  return view;
}

}  // namespace

Result<ProducerList> list_producers(const store::Read& read, const ListProducers& in) {
  const Json filter = filter_of(encode(in));
  store::ProducerFilter wanted{.only_with_gaps = in.only_with_gaps == true};
  if (in.cursor) {
    const Json place = TRY(open_cursor(*in.cursor, read.tenant().number, filter));
    wanted.after = place.string_at("after").value_or("");
    if (wanted.after.empty()) return error_at(Code::validation_error, "cursor", "is malformed");
  }
  const std::int64_t limit = in.limit.value_or(kPageMax);
  wanted.limit = limit + 1;
  auto found = TRY(store::list_producers(read, wanted));
  ProducerList out;
  if (std::ssize(found) > limit) {
    found.pop_back();
    out.next_cursor =
        make_cursor(read.tenant().number, filter, Json::object({{"after", found.back().id}}));
  }
  for (const auto& producer : found) out.producers.push_back(TRY(view_of(read, producer)));
  return out;
}

Json to_data(const ProducerList& out) {
  Json list = Json::array();
  for (const ProducerView& view : out.producers) list.push(encode(view));
  return list;
}

void describe(Fields& fields, ListProducers& in) {
  fields.query("gaps", in.only_with_gaps, "true: only those of which something is missing");
  fields.query("limit", in.limit, "producers a page", {.min = 1, .max = kPageMax});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, ProducerView& view) {
  fields.field("id", view.id, "the program, as it calls itself");
  fields.field("next", view.next, "the number that it is to use next");
  fields.field("missing", view.missing, "the numbers that never arrived, as ranges: 41-43");
  fields.field("missingCount", view.missing_count, "how many that are");
  fields.field("lastSeenAt", view.last_seen_at, "when an event of it was recorded last");
  fields.field("principal", view.principal,
               "whose it is: the only one who may use its numbers; none before its next event");
}

void describe(Fields& fields, ProducerList& out) {
  fields.field("producers", out.producers, "in the order of their ids");
}

}  // namespace assent::app
