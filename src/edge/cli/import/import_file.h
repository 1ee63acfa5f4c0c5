// A file of audit rows, NDJSON or CSV, read whole before anything is sent: what is wrong with it,
// line by line, and in which order its rows can be sent. Pure.
#pragma once

#include "base/csv.h"
#include "edge/cli/import/import_row.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::cli {

enum class ImportFormat { ndjson, csv };

// Tells records apart and reads their columns.
class RowReader {
 public:
  // By the first character, which begins an object in NDJSON and a column's name in CSV.
  static ImportFormat format_of(std::string_view text);

  // Of a CSV, reads the header. Code::validation_error if that is missing, or names a column twice
  // or one that is none, or lacks one. REQUIRES: `text` outlives the reader.
  static Result<RowReader> open(std::string_view text, ImportFormat format);

  struct Row {
    std::size_t line = 0;
    std::string_view text;  // Its bytes, without the line's end.
    Result<Json> columns = Json();
  };
  // The next row that is not blank; nothing at the end.
  std::optional<Row> next();

  // The columns of one row's bytes, as next() gave them.
  Result<Json> columns_of(std::string_view row) const;

  // What stands before the rows of a CSV; else empty.
  std::string_view header() const { return header_; }

 private:
  RowReader(std::string_view text, ImportFormat format)
      : format_(format), text_(text), records_(text) {}

  Result<void> read_header();
  std::optional<Row> next_line();
  std::optional<Row> next_record();
  Result<Json> columns_of(const CsvRecord& record) const;

  ImportFormat format_;
  std::string_view text_;  // Of NDJSON, what is left.
  std::size_t line_ = 0;
  CsvReader records_;
  std::string_view header_;
  std::vector<std::string_view> columns_;  // Of CSV.
};

struct LineFault {
  std::size_t line = 0;
  std::string_view text;  // The row's bytes.
  std::string what;
};

// A row that can be sent once those before it are.
struct PlannedRow {
  std::size_t line = 0;
  std::string_view text;
  EventId id;
  std::optional<EventId> parent;     // What caused it: a row before it, or of another file.
  bool is_parent_elsewhere = false;  // Then only the log can tell whether it is there.
};

struct ImportPlan {
  std::vector<PlannedRow> rows;
  std::vector<LineFault> faults;    // Rows that are none.
  std::vector<LineFault> circular;  // Rows that lose their parent: it is their own descendant.
  std::size_t repeated = 0;         // Rows that stand there more than once, and are sent once.
  std::size_t of_others = 0;        // Rows of other clients than the chosen one.
};

struct ImportChoice {
  std::optional<std::string> client_id;
  NoZone no_zone = NoZone::is_a_fault;
};

// Code::validation_error if the rows are of several clients and none is chosen.
Result<ImportPlan> plan_import(RowReader& reader, const ImportChoice& choice);

// An error as one sentence about a line.
std::string sentence_of(const Error& error);

}  // namespace assent::cli
