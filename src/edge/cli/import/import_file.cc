#include "edge/cli/import/import_file.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "base/text.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace assent::cli {
namespace {

constexpr std::size_t kClientsNamedMax = 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error bad(std::string what) {
  return {Code::validation_error, std::move(what)};
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// The columns of an object, in the spelling of the dialect. What is no column stays, to be refused.
Result<Json> renamed(const Json& row) {
  Json out = Json::object();
  for (const auto& [name, value] : row.members()) {
    const std::string column(column_from(name).value_or(name));
    if (out.find(column) != nullptr) return bad(column + " is there in two spellings");
    out.set(column, value);
  }
  return out;
}

// ---- the order of rows ----

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

// Rows as they stand in the file, with their parents by position.
struct Family {
  std::vector<PlannedRow> rows;
  std::vector<std::size_t> parents;  // kNone where it is not in the file.
};

// Each row after its parent, and otherwise as in the file.
class Ordering {
 public:
  Ordering(Family& family, ImportPlan& plan)
      : family_(family), plan_(plan), marks_(family.rows.size(), Mark::unseen) {}

  void run() {
    plan_.rows.reserve(family_.rows.size());
    for (std::size_t i = 0; i < family_.rows.size(); ++i) place(i);
  }

 private:
  enum class Mark : char { unseen, waits, placed };

  // The row with all its ancestors that are not placed yet, the oldest first.
  void place(std::size_t row) {
    std::vector<std::size_t> line;
    for (std::size_t at = row; at != kNone && marks_[at] != Mark::placed;) {
      marks_[at] = Mark::waits;
      line.push_back(at);
      const std::size_t parent = family_.parents[at];
      if (parent != kNone && marks_[parent] == Mark::waits) {
        cut(at);
        break;
      }
      at = parent;
    }
    for (; !line.empty(); line.pop_back()) {
      marks_[line.back()] = Mark::placed;
      plan_.rows.push_back(family_.rows[line.back()]);
    }
  }

  void cut(std::size_t at) {
    PlannedRow& row = family_.rows[at];
    row.parent = std::nullopt;
    plan_.circular.push_back(
        {row.line, row.text, "its parentEventId leads back to itself: sent without it"});
  }

  Family& family_;
  ImportPlan& plan_;
  std::vector<Mark> marks_;
};

// ---- what the rows are ----

class Planner {
 public:
  explicit Planner(const ImportChoice& choice) : choice_(choice) {}

  void take(const RowReader::Row& row) {
    auto read = row.columns ? row_from(*row.columns, choice_.no_zone) : row.columns.error();
    // Whose a row is can be told of one that is malformed otherwise.
    if (is_of_another(row, read)) {
      ++plan_.of_others;
    } else if (!read) {
      plan_.faults.push_back({row.line, row.text, sentence_of(read.error())});
    } else {
      add(row, *read);
    }
  }

  Result<ImportPlan> finish() {
    if (clients_.size() > 1) {
      std::string names;
      for (const std::string& client : clients_) names += " " + quoted(client);
      return error_at(Code::validation_error, "client-id",
                      "must say whose rows to import: a log is of one client, and these are of" +
                          names + (has_more_clients_ ? " and others" : ""));
    }
    for (std::size_t i = 0; i < family_.rows.size(); ++i) link(i);
    Ordering(family_, plan_).run();
    return std::move(plan_);
  }

 private:
  struct Seen {
    std::size_t at;
    Hash digest;
  };

  bool is_of_another(const RowReader::Row& row, const Result<ImportRow>& read) const {
    if (!choice_.client_id) return false;
    if (read) return read->client_id != *choice_.client_id;
    const auto client = row.columns ? row.columns->string_at("clientId") : std::nullopt;
    return client && *client != *choice_.client_id;
  }

  void add(const RowReader::Row& row, const ImportRow& read) {
    if (clients_.size() <= kClientsNamedMax) clients_.insert(read.client_id);
    if (clients_.size() > kClientsNamedMax) {
      clients_.erase(std::prev(clients_.end()));
      has_more_clients_ = true;
    }
    const EventId id = event_id_of(read.client_id, read.id);
    const Hash digest = sha256(canonical_json(read.event));
    const auto [seen, is_new] = seen_.emplace(id, Seen{family_.rows.size(), digest});
    if (!is_new) {
      repeat(row, read, seen->second);
      return;
    }
    PlannedRow planned{.line = row.line, .text = row.text, .id = id, .parent = std::nullopt};
    if (read.parent) planned.parent = event_id_of(read.client_id, *read.parent);
    family_.rows.push_back(planned);
  }

  void repeat(const RowReader::Row& row, const ImportRow& read, const Seen& seen) {
    if (seen.digest == sha256(canonical_json(read.event))) {
      ++plan_.repeated;
      return;
    }
    plan_.faults.push_back({row.line, row.text,
                            "id is that of line " + std::to_string(family_.rows[seen.at].line) +
                                ", which says something else"});
  }

  void link(std::size_t at) {
    PlannedRow& row = family_.rows[at];
    const auto parent = row.parent ? seen_.find(*row.parent) : seen_.end();
    row.is_parent_elsewhere = row.parent && parent == seen_.end();
    family_.parents.push_back(parent == seen_.end() ? kNone : parent->second.at);
  }

  const ImportChoice& choice_;
  ImportPlan plan_;
  Family family_;
  std::map<EventId, Seen> seen_;
  std::set<std::string> clients_;
  bool has_more_clients_ = false;
};

}  // namespace

std::string sentence_of(const Error& error) {
  if (error.fields.empty() || error.fields.front().path.empty()) return error.detail;
  return error.fields.front().path + " " + error.fields.front().message;
}

ImportFormat RowReader::format_of(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_object = first == std::string_view::npos || text[first] == '{';
  return is_object ? ImportFormat::ndjson : ImportFormat::csv;
}

Result<RowReader> RowReader::open(std::string_view text, ImportFormat format) {
  if (format == ImportFormat::ndjson && text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  RowReader reader(text, format);
  if (format == ImportFormat::csv) TRY(reader.read_header());
  return reader;
}

Result<void> RowReader::read_header() {
  CsvRecord header;
  if (!records_.next(header)) return bad("there is no header, which names the columns");
  if (!header.fault.empty()) return bad("line 1, the header: " + header.fault);
  header_ = header.text;
  for (const CsvField& field : header.fields) {
    const auto column = column_from(field.text);
    if (!column) return bad("line 1, the header: " + quoted(field.text) + " is no column");
    if (std::ranges::find(columns_, *column) != columns_.end()) {
      return bad("line 1, the header: " + std::string(*column) + " is there twice");
    }
    columns_.push_back(*column);
  }
  if (const auto missing = missing_column(columns_)) {
    return bad("line 1, the header: " + std::string(*missing) + " is required");
  }
  return {};
}

std::optional<RowReader::Row> RowReader::next() {
  return format_ == ImportFormat::csv ? next_record() : next_line();
}

std::optional<RowReader::Row> RowReader::next_line() {
  while (!text_.empty()) {
    const std::size_t end = std::min(text_.find('\n'), text_.size());
    std::string_view line = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    ++line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_blank(line)) return Row{.line = line_, .text = line, .columns = columns_of(line)};
  }
  return std::nullopt;
}

std::optional<RowReader::Row> RowReader::next_record() {
  CsvRecord record;
  while (records_.next(record)) {
    if (record.is_blank()) continue;
    return Row{.line = record.line, .text = record.text, .columns = columns_of(record)};
  }
  return std::nullopt;
}

Result<Json> RowReader::columns_of(std::string_view row) const {
  if (format_ == ImportFormat::csv) {
    CsvReader reader(row);
    CsvRecord record;
    if (!reader.next(record)) return bad("is empty");
    return columns_of(record);
  }
  const Json value = TRY(parse_json(row));
  if (!value.is_object()) return bad("must be a JSON object");
  return renamed(value);
}

Result<Json> RowReader::columns_of(const CsvRecord& record) const {
  if (!record.fault.empty()) return bad(record.fault);
  if (record.fields.size() != columns_.size()) {
    return bad("has " + std::to_string(record.fields.size()) + " fields, and the header " +
               std::to_string(columns_.size()));
  }
  Json row = Json::object();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const CsvField& field = record.fields[i];
    const std::string column(columns_[i]);
    if (!is_utf8(field.text)) return error_at(Code::validation_error, column, "is not UTF-8");
    if (field.is_absent()) continue;
    if (!is_json_column(column)) {
      row.set(column, field.text);
      continue;
    }
    auto value = parse_json(field.text);
    if (!value) {
      return error_at(Code::validation_error, column, "is no JSON: " + sentence_of(value.error()));
    }
    row.set(column, std::move(*value));
  }
  return row;
}

Result<ImportPlan> plan_import(RowReader& reader, const ImportChoice& choice) {
  Planner planner(choice);
  while (const auto row = reader.next()) planner.take(*row);
  return planner.finish();
}

}  // namespace assent::cli
