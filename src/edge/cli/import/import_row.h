// One row of an audit table, as the event that it becomes (docs/importing.md). Pure.
//
// The columns are those of the dialect `rtv`, in its spelling or in that of the table
// (`createdAt`, `created_at`). Nothing of a row is dropped: what an event has no place for stands
// in `metadata.imported`.
#pragma once

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace assent::cli {

// What a time without a zone means: nothing, so that it is a fault, or UTC.
enum class NoZone { is_a_fault, is_utc };

struct ImportRow {
  std::string id;         // The source's.
  std::string client_id;  // The source's.
  std::optional<std::string> parent;
  Json event;  // As POST /v1/events takes it, without causationId.
};

// The row's event, or what is wrong with the row: a sentence that names the column. `row` has a
// member for each column that is not null; proof and metadata are JSON.
Result<ImportRow> row_from(const Json& row, NoZone no_zone);

// `createdAt` of `created_at`, or of itself; nothing for what is no column.
std::optional<std::string_view> column_from(std::string_view spelling);
// Whether its cells are JSON in a CSV.
bool is_json_column(std::string_view column);
// The columns that every row must have; the first that the sorted `columns` lack.
std::optional<std::string_view> missing_column(const std::vector<std::string_view>& columns);

// The id of the row's event, the same each time: the row's own if that is a UUIDv7, else made of
// the client and the id, with the time zero, which no event is made at.
EventId event_id_of(std::string_view client_id, std::string_view id);

// Takes a proof's data out of the event if it is too large to stand there, and names it by its
// hash; what is to be uploaded, or nothing.
std::optional<std::string> detach_large_data(Json& event);

}  // namespace assent::cli
