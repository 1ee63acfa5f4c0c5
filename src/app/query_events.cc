#include "app/query_events.h"

#include "app/cursor.h"
#include "store/search/search.h"

#include <algorithm>

namespace assent::app {

namespace {

constexpr std::int64_t kPageDefault = 100;
constexpr std::int64_t kPageMax = 1000;

Result<store::EventQuery> query_of(const store::Read& read, const QueryEvents& in) {
  store::EventQuery query{.type = in.type,
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
                          .end_sequence = read.size(),
                          .limit = static_cast<std::size_t>(in.limit.value_or(kPageDefault))};
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
  return query;
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

}  // namespace

Result<EventList> query_events(const store::Read& read, const QueryEvents& in) {
  store::EventQuery query = TRY(query_of(read, in));
  TRY(go_on(read, in, query));
  auto page = TRY(read.search().find(read.connection(), read.tenant().number, query));
  EventList out;
  for (auto& event : page.events) out.events.push_back(std::move(event.bytes));
  if (page.next_sequence) {
    out.next_cursor =
        make_cursor(read.tenant().number, filter_of(encode(in)),
                    Json::object({{"from", *page.next_sequence}, {"end", query.end_sequence}}));
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
  fields.query("type", in.type, "the event's type", text);
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
  fields.query("limit", in.limit, "events a page", {.min = 1, .max = kPageMax});
  fields.query("cursor", in.cursor, "where the page before ended", {.length_max = 512});
}

void describe(Fields& fields, EventList& out) {
  fields.field("events", out.events, "canonical events in sequence order");
}

}  // namespace assent::app
