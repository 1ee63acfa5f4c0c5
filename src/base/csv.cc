#include "base/csv.h"

#include <algorithm>

namespace assent {
namespace {

// Spreadsheets put it first; it is no part of the first field.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

bool CsvReader::is_at_line_end() const {
  const std::string_view rest = text_.substr(at_);
  return rest.empty() || rest.front() == '\n' || rest.starts_with("\r\n");
}

// After the opening quote, to after the closing one. The fault, or nothing.
std::string CsvReader::read_quoted(CsvField& field) {
  field.is_quoted = true;
  const std::size_t opened = line_;
  for (;;) {
    const std::size_t quote = text_.find('"', at_);
    const std::string_view run = text_.substr(at_, std::min(quote, text_.size()) - at_);
    line_ += static_cast<std::size_t>(std::count(run.begin(), run.end(), '\n'));
    field.text += run;
    at_ += run.size();
    if (quote == std::string_view::npos) {
      return "a quote that opens in line " + std::to_string(opened) + " is never closed";
    }
    ++at_;
    if (!text_.substr(at_).starts_with('"')) break;
    field.text += '"';
    ++at_;
  }
  if (is_at_line_end() || text_[at_] == ',') return {};
  return "there is something between a closing quote and the next comma";
}

std::string CsvReader::read_plain(CsvField& field) {
  const std::size_t end = std::min(text_.find_first_of(",\"\r\n", at_), text_.size());
  field.text = text_.substr(at_, end - at_);
  at_ = end;
  if (is_at_line_end() || text_[at_] == ',') return {};
  if (text_[at_] == '"') return "there is a quote inside a field that does not begin with one";
  return "there is a carriage return that ends no line";
}

void CsvReader::read_record(CsvRecord& record) {
  for (;;) {
    CsvField& field = record.fields.emplace_back();
    const bool is_quoted = text_.substr(at_).starts_with('"');
    if (is_quoted) ++at_;
    record.fault = is_quoted ? read_quoted(field) : read_plain(field);
    if (!record.fault.empty()) {
      // The next record is sought on the line after the fault.
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    if (is_at_line_end()) return;
    ++at_;  // The comma.
  }
}

void CsvReader::skip_line_end(CsvRecord& record, std::size_t begin) {
  record.text = text_.substr(begin, at_ - begin);
  if (at_ == text_.size()) return;
  if (text_[at_] == '\r') ++at_;
  ++at_;
  ++line_;
  // After a fault, the carriage return before the line's end was passed over with the rest.
  if (record.text.ends_with('\r')) record.text.remove_suffix(1);
}

bool CsvReader::next(CsvRecord& record) {
  if (at_ == text_.size()) return false;
  record = {.line = line_, .text = {}, .fields = {}, .fault = {}};
  const std::size_t begin = at_;
  read_record(record);
  skip_line_end(record, begin);
  return true;
}

}  // namespace assent
