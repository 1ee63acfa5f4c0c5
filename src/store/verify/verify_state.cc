#include "store/verify/verify_state.h"

#include "base/id.h"
#include "base/text.h"
#include "store/state/projection.h"

#include <algorithm>
#include <array>
#include <compare>
#include <memory>

namespace assent::store {
namespace {

// Without what SQLite makes itself (indexes of keys, statistics).
constexpr std::string_view kSchema = R"sql(
  SELECT type, name, tbl_name, sql
    FROM sqlite_schema
   WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\'
   ORDER BY type, name)sql";

using Kind = StateTable::Kind;
using Column = StateTable::Column;

constexpr std::array kSchemaColumns = {Column{"type", Kind::text}, Column{"name", Kind::text},
                                       Column{"tbl_name", Kind::text}, Column{"sql", Kind::text}};
constexpr StateTable kSchemaTable = {"sqlite_schema", kSchema, kSchemaColumns, 2};

std::strong_ordering compare(const Rows& a, const Rows& b, int column, Kind kind) {
  if (a.is_null(column) || b.is_null(column)) return b.is_null(column) <=> a.is_null(column);
  switch (kind) {
    case Kind::integer:
      return a.integer(column) <=> b.integer(column);
    case Kind::text:
      return a.text(column) <=> b.text(column);
    case Kind::bytes:
      return a.bytes(column) <=> b.bytes(column);
  }
  return std::strong_ordering::equal;
}

// A key for people: an id as its UUID.
std::string key_text(const Rows& rows, const StateTable& table) {
  std::string text;
  for (std::size_t i = 0; i < table.key_columns; ++i) {
    const int column = static_cast<int>(i);
    if (i > 0) text += ", ";
    switch (table.columns[i].kind) {
      case Kind::integer:
        text += std::to_string(rows.integer(column));
        break;
      case Kind::text:
        text += rows.text(column);
        break;
      case Kind::bytes: {
        UuidBytes uuid{};
        const std::string_view bytes = rows.bytes(column);
        const bool is_uuid = bytes.size() == uuid.size();
        if (is_uuid) std::ranges::copy(bytes, uuid.begin());
        text += is_uuid ? uuid_text(uuid) : to_hex(bytes);
        break;
      }
    }
  }
  return text;
}

// Both tables, row by row, in the order of the key.
class Comparison {
 public:
  Comparison(const StateTable& table, Rows& live, Rows& replayed)
      : table_(table), live_(live), replayed_(replayed) {}

  Result<std::optional<StateDifference>> first() {
    for (;;) {
      const bool has_live = TRY(live_.next());
      const bool has_replayed = TRY(replayed_.next());
      if (!has_live && !has_replayed) return std::optional<StateDifference>();
      if (!has_replayed) return at(live_, "is not of the log");
      if (!has_live) return at(replayed_, "is missing");
      for (std::size_t i = 0; i < table_.columns.size(); ++i) {
        const auto order = compare(live_, replayed_, static_cast<int>(i), table_.columns[i].kind);
        if (order != 0) return differing(i, order);
      }
    }
  }

 private:
  std::optional<StateDifference> differing(std::size_t column, std::strong_ordering order) const {
    if (column >= table_.key_columns) {
      return at(live_,
                "has another " + std::string(table_.columns[column].name) + " than the log says");
    }
    return order < 0 ? at(live_, "is not of the log") : at(replayed_, "is missing");
  }

  std::optional<StateDifference> at(const Rows& rows, const std::string& what) const {
    return StateDifference{.tenant = rows.integer(0),
                           .what = "the row (" + key_text(rows, table_) + ") of the table " +
                                   std::string(table_.name) + " " + what};
  }

  const StateTable& table_;
  Rows& live_;
  Rows& replayed_;
};

Result<std::optional<StateDifference>> difference(const StatePair& pair, const StateTable& table) {
  const auto live = TRY(pair.live.query(table.select_all));
  const auto replayed = TRY(pair.replayed.query(table.select_all));
  return Comparison(table, *live, *replayed).first();
}

}  // namespace

Result<std::optional<std::string>> schema_difference(const StatePair& pair) {
  auto found = TRY(difference(pair, kSchemaTable));
  if (!found) return std::optional<std::string>();
  return std::optional("the schema of the database was changed: " + found->what);
}

Result<std::optional<StateDifference>> state_difference(const StatePair& pair) {
  for (const StateTable& table : state_tables()) {
    auto found = TRY(difference(pair, table));
    if (found) return found;
  }
  return std::optional<StateDifference>();
}

}  // namespace assent::store
