// Reads CSV as RFC 4180 has it, strictly: what is not such is named with its line, never guessed.
//
// Lines may end with CRLF or LF, also within a field, and the last one need not end. Whether a
// field was quoted is kept, because exports of databases tell an empty text from none so. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

struct CsvField {
  std::string text;
  bool is_quoted = false;

  bool is_absent() const { return text.empty() && !is_quoted; }
};

struct CsvRecord {
  std::size_t line = 0;   // Where it begins, from 1.
  std::string_view text;  // Its bytes, without the line's end.
  std::vector<CsvField> fields;
  std::string fault;  // Why it is none; then it ends with the line of the fault.

  // A line without anything on it.
  bool is_blank() const { return fault.empty() && fields.size() == 1 && fields[0].is_absent(); }
};

class CsvReader {
 public:
  // REQUIRES: `text` outlives the reader and its records.
  explicit CsvReader(std::string_view text);

  // The next record into `record`; false at the end.
  bool next(CsvRecord& record);

  // How many bytes were read.
  std::size_t offset() const { return at_; }

 private:
  void read_record(CsvRecord& record);
  std::string read_quoted(CsvField& field);
  std::string read_plain(CsvField& field);
  bool is_at_line_end() const;
  void skip_line_end(CsvRecord& record, std::size_t begin);

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace assent
