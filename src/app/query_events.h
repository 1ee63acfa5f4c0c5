// Reading the log by filters. What is returned are the bytes that were hashed, or a dialect's rows
// of them.
#pragma once

#include "app/operation.h"
#include "domain/dialect/dialect.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct QueryEvents {
  std::optional<std::string> type;  // In any spelling (domain/dialect/dialect.h).
  std::optional<std::string> actor, subject, target;
  std::optional<ApprovalId> approval_id;
  std::optional<std::string> correlation_id, trace_id;
  std::optional<EmitOutcome> outcome;
  std::optional<Timestamp> since, until;
  std::optional<std::int64_t> as_of;  // Sees the log as it was at this size.
  std::optional<Dialect> dialect;
  std::optional<std::int64_t> limit;  // Rows of a page.
  std::optional<std::string> cursor;
};
void describe(Fields& fields, QueryEvents& in);

// Canonical event bytes, or rows of the dialect, in sequence order. Where the dialect has no row
// for an event there is none: a page may have fewer rows than asked for, or none, and still a
// cursor; only a page without one is the last.
struct EventList {
  std::vector<std::string> events;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, EventList& out);
std::string to_data_text(const EventList& out);

Result<EventList> query_events(const store::Read& read, const QueryEvents& in);

}  // namespace assent::app
