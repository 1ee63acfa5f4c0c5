// Reading the log by filters. What is returned are the bytes that were hashed.
#pragma once

#include "app/operation.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct QueryEvents {
  std::optional<std::string> type, actor, subject, target;
  std::optional<ApprovalId> approval_id;
  std::optional<std::string> correlation_id, trace_id;
  std::optional<EmitOutcome> outcome;
  std::optional<Timestamp> since, until;
  std::optional<std::int64_t> as_of;  // Sees the log as it was at this size.
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
void describe(Fields& fields, QueryEvents& in);

// Canonical event bytes, in sequence order.
struct EventList {
  std::vector<std::string> events;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, EventList& out);
std::string to_data_text(const EventList& out);

Result<EventList> query_events(const store::Read& read, const QueryEvents& in);

}  // namespace assent::app
