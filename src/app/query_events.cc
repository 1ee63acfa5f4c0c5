#include "app/query_events.h"

#include "app/cursor.h"
#include "app/event_row.h"
#include "store/search/search.h"

#include <algorithm>

namespace assent::app {

namespace {

constexpr std::int64_t kPageDefault = 100;
constexpr std::int64_t kPageMax = 1000;
// How many events one call reads for its page. Beyond, the page is what there is, with a cursor.
constexpr std::size_t kScanMax = 2000;
// How many at a time, where some may not come into the answer.
constexpr std::size_t kScanStep = 100;

// What has to be looked for, and what of it is meant and can be shown.
struct Wanted {
  store::EventQuery query;
  Dialect dialect = Dialect::canonical;
  std::optional<std::string> spelling;  // Where events of the right type may not be meant.
  bool is_nothing = false;              // No event can be in the answer.
};

// The filter on types: what the caller means by `type`, of what the dialect can show.
Result<void> choose_types(const QueryEvents& in, Wanted& wanted) {
  auto& types = wanted.query.types;
  if (in.type) {
    types = canonical_types(*in.type);
    if (types.empty()) {
      return error_at(Code::validation_error, "type",
                      "is neither an event type nor a name in any dialect");
    }
    if (types.size() != 1 || types.front() != *in.type) wanted.spelling = in.type;
  }
  const auto shown = shown_by(wanted.dialect);
  if (!shown) return {};
  if (!in.type) {
    types = shown->types;
    return {};
  }
  std::erase_if(types, [&](const std::string& type) {
    return !std::binary_search(shown->types.begin(), shown->types.end(), type);
  });
  wanted.is_nothing = types.empty();
  return {};
}

Result<Wanted> wanted_of(const store::Read& read, const QueryEvents& in) {
  Wanted wanted{.query = {.types = {},
                          .actor = in.actor,
                          .subject = in.subject,
                          .target = in.target,
                          .approval_id = std::nullopt,
                          .correlation_id = in.correlation_id,
                          .trace_id = std::nullopt,
                          .outcome = std::nullopt,
                          .since = in.since,
                          .until = in.until,
                          .from_sequence = 0,
                          .end_sequence = read.size()},
                .dialect = in.dialect.value_or(Dialect::canonical),
                .spelling = std::nullopt};
  store::EventQuery& query = wanted.query;
  if (in.approval_id) query.approval_id = in.approval_id->text();
  if (in.outcome) query.outcome = std::string(word(*in.outcome));
  if (in.trace_id) {
    const auto trace = trace_from_text(*in.trace_id);
    if (!trace) {
      return Error{Code::validation_error,
                   "traceId is not a trace id",
                   {{"traceId", "must be 32 hex digits or a UUID"}}};
    }
    query.trace_id = *trace;
  }
  if (in.as_of)
    query.end_sequence = std::min(query.end_sequence, static_cast<std::uint64_t>(*in.as_of));
  TRY(choose_types(in, wanted));
  return wanted;
}

Result<void> go_on(const store::Read& read, const QueryEvents& in, store::EventQuery& query) {
  if (!in.cursor) return {};
  const Json place = TRY(open_cursor(*in.cursor, read.tenant().number, filter_of(encode(in))));
  const auto from = place.integer_at("from");
  const auto end = place.integer_at("end");
  if (!from || !end || *from < 0 || *end < 0) {
    return Error{Code::validation_error, "cursor is malformed", {{"cursor", "is malformed"}}};
  }
  // The first page fixed what "the log" is, so that pages are stable while it grows.
  query.from_sequence = static_cast<std::uint64_t>(*from);
  query.end_sequence = std::min(query.end_sequence, static_cast<std::uint64_t>(*end));
  return {};
}

// The event's row, if it is meant and has one.
Result<std::optional<std::string>> chosen_row(const Wanted& wanted, std::string bytes) {
  if (wanted.spelling && !is_meant_by(*wanted.spelling, TRY(stored_event_from(bytes)))) {
    return std::optional<std::string>();
  }
  return row_of(wanted.dialect, std::move(bytes));
}

// Fills the page with `limit` rows if there are so many; says where the next one starts.
Result<std::optional<std::uint64_t>> collect(const store::Read& read, Wanted& wanted,
                                             std::size_t limit, std::vector<std::string>& rows) {
  const bool is_every_event = wanted.dialect == Dialect::canonical && !wanted.spelling;
  for (std::size_t scanned = 0;;) {
    const std::size_t missing = limit - rows.size();
    wanted.query.limit = is_every_event ? missing : std::max(missing, kScanStep);
    auto page = TRY(read.search().find(read.connection(), read.tenant().number, wanted.query));
    for (auto& event : page.events) {
      if (rows.size() == limit) return std::optional(event.sequence);
      auto row = TRY(chosen_row(wanted, std::move(event.bytes)));
      if (row) rows.push_back(std::move(*row));
    }
    scanned += page.events.size();
    if (!page.next_sequence || rows.size() == limit || scanned >= kScanMax) {
      return page.next_sequence;
    }
    wanted.query.from_sequence = *page.next_sequence;
  }
}

}  // namespace

Result<EventList> query_events(const store::Read& read, const QueryEvents& in) {
  Wanted wanted = TRY(wanted_of(read, in));
  TRY(go_on(read, in, wanted.query));
  EventList out;
  if (wanted.is_nothing) return out;
  const auto limit = static_cast<std::size_t>(in.limit.value_or(kPageDefault));
  const auto next = TRY(collect(read, wanted, limit, out.events));
  if (next) {
    const Json place = Json::object({{"from", *next}, {"end", wanted.query.end_sequence}});
    out.next_cursor = make_cursor(read.tenant().number, filter_of(encode(in)), place);
  }
  return out;
}

std::string to_data_text(const EventList& out) {
  std::string text = "[";
  for (const std::string& event : out.events) {
    if (text.size() > 1) text += ',';
    text += event;
  }
  return text + "]";
}

void describe(Fields& fields, QueryEvents& in) {
  const Bounds text{.length_max = 512, .length_min = 1};
  fields.query("type", in.type, "the event's type, as any dialect spells it", text);
  fields.query("actor", in.actor, "the actor's id, or type:id", text);
  fields.query("subject", in.subject, "what it is about: kind/id", text);
  fields.query("target", in.target, "the target's id, or type/id", text);
  fields.query("approvalId", in.approval_id, "the approval");
  fields.query("correlationId", in.correlation_id, "the workflow", text);
  fields.query("traceId", in.trace_id, "the call, as 32 hex digits or a UUID", {.length_max = 36});
  fields.query("outcome", in.outcome, "of an emitted event");
  fields.query("since", in.since, "inclusive");
  fields.query("until", in.until, "exclusive");
  fields.query("asOf", in.as_of, "the log as it was at this size", {.min = 0});
  describe_dialect(fields, in.dialect);
  fields.query("limit", in.limit, "events a page", {.min = 1, .max = kPageMax});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, EventList& out) {
  fields.field("events", out.events,
               "events in sequence order, canonical or as the dialect's rows");
}

}  // namespace assent::app
