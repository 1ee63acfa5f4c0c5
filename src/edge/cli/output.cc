#include "edge/cli/output.h"

#include "base/text.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>
#include <vector>

namespace assent::cli {

namespace {

constexpr std::size_t kCellWidthMax = 60;

// Any value on one line, safe to print.
std::string cell_of(const Json& value) {
  return escape_for_terminal(value.is_string() ? value.string() : json_text(value));
}

// How many columns the text takes: code points, which is right but for wide scripts.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t has = width_of(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

// At most `bytes` of it, without half a character at the end.
std::string cut(std::string text, std::size_t bytes) {
  while ((static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  text.resize(bytes);
  return text;
}

std::string lines_of(const Json& object) {
  std::size_t width = 0;
  for (const auto& [name, value] : object.members()) width = std::max(width, width_of(name));
  std::string out;
  for (const auto& [name, value] : object.members()) {
    out += padded(escape_for_terminal(name), width) + "  " + cell_of(value) + "\n";
  }
  return out;
}

bool is_event(const Json& item) {
  return item.find("specversion") != nullptr;
}

// `       4  22:27:00.025000Z  approval.succeeded  approval/apr_…  human ann`
std::string event_line(const Json& event) {
  const auto text = [&](std::string_view name) {
    return escape_for_terminal(event.string_at(name).value_or(""));
  };
  std::string sequence = text("sequence");
  sequence.erase(0, std::min(sequence.find_first_not_of('0'), sequence.size() - 1));
  std::string line = std::string(8 - std::min<std::size_t>(8, sequence.size()), ' ') + sequence;
  line += "  " + text("time") + "  " + padded(text("type"), 34) + "  " + text("subject");
  const Json* data = event.find("data");
  const Json* actor = data == nullptr ? nullptr : data->find("actor");
  if (actor != nullptr) {
    const auto name = actor->string_at("name").value_or(actor->string_at("id").value_or(""));
    line += "  " + escape_for_terminal(actor->string_at("type").value_or("")) + " " +
            escape_for_terminal(name);
  }
  return line + "\n";
}

std::string rows_of(const Json& list) {
  std::vector<std::string> columns;
  for (const Json& item : list.items()) {
    for (const auto& [name, value] : item.members()) {
      if (std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
    }
  }
  std::vector<std::vector<std::string>> rows(1, columns);
  for (const Json& item : list.items()) {
    std::vector<std::string> row;
    for (const std::string& column : columns) {
      const Json* value = item.find(column);
      std::string text = value == nullptr ? "" : cell_of(*value);
      // Only in a table, and visibly: `show` has the whole.
      if (text.size() > kCellWidthMax) text = cut(text, kCellWidthMax - 3) + "...";
      row.push_back(std::move(text));
    }
    rows.push_back(std::move(row));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, width_of(other[i]));
      line += padded(row[i], width) + "  ";
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

}  // namespace

bool wants_colour() {
  const char* const term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr && term != nullptr &&
         std::string_view(term) != "dumb";
}

std::string table_of(const Json& data) {
  if (data.is_object()) return is_event(data) ? event_line(data) : lines_of(data);
  if (!data.is_array()) return cell_of(data) + "\n";
  if (data.items().empty()) return "nothing\n";
  const bool are_objects = std::ranges::all_of(data.items(), &Json::is_object);
  if (are_objects && !is_event(data.items().front())) return rows_of(data);
  std::string out;
  for (const Json& item : data.items()) {
    out += is_event(item) ? event_line(item) : cell_of(item) + "\n";
  }
  return out;
}

void print(const Output& output, const Json& data) {
  const std::string text = output.format == Format::json ? json_text(data) + "\n" : table_of(data);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_problem(const Output& output, const Json& problem) {
  if (output.format == Format::json) {
    std::fputs((json_text(problem) + "\n").c_str(), stderr);
    return;
  }
  const Json* error = problem.find("error");
  const Json& from = error == nullptr ? problem : *error;
  const auto text = [&](std::string_view name) {
    return escape_for_terminal(from.string_at(name).value_or(""));
  };
  const char* const red = output.is_coloured ? "\033[31m" : "";
  const char* const plain = output.is_coloured ? "\033[0m" : "";
  std::string out = red + text("code") + plain + ": " + text("message") + "\n";
  if (const Json* fields = from.find("fieldErrors"); fields != nullptr && fields->is_array()) {
    for (const Json& field : fields->items()) {
      out += "  " + escape_for_terminal(field.string_at("path").value_or("")) + " " +
             escape_for_terminal(field.string_at("message").value_or("")) + "\n";
    }
  }
  if (const Json* details = from.find("details")) out += "  " + cell_of(*details) + "\n";
  out += "  trace " + text("traceId") + "\n";
  std::fputs(out.c_str(), stderr);
}

void print_error(const Error& error) {
  std::string out = "assent: " + escape_for_terminal(error.detail) + "\n";
  for (const FieldError& field : error.fields) {
    out += "  " + escape_for_terminal(field.path) + " " + escape_for_terminal(field.message) + "\n";
  }
  std::fputs(out.c_str(), stderr);
}

Exit exit_of(const HttpReply& reply, const Json& body) {
  const std::string_view code = body.string_at("code").value_or("");
  switch (reply.status) {
    case 401:
    case 403:
      return Exit::not_authorised;
    case 409:
      return code.starts_with("EVIDENCE_") ? Exit::refused : Exit::conflict;
    case 410:
      return Exit::expired;
    case 503:
      return Exit::unavailable;
    default:
      return Exit::error;
  }
}

Exit exit_of(const Error& error) {
  switch (error.code) {
    case Code::validation_error:
      return Exit::usage;
    case Code::unavailable:
      return Exit::unavailable;
    case Code::unauthenticated:
    case Code::insufficient_permissions:
      return Exit::not_authorised;
    default:
      return Exit::error;
  }
}

Exit exit_of_plan(std::string_view status) {
  if (status == "PASS") return Exit::done;
  return status == "ESCALATE" ? Exit::pending : Exit::refused;
}

Exit exit_of_status(std::string_view status) {
  if (status == "approved" || status == "executed") return Exit::done;
  if (status == "pending") return Exit::pending;
  if (status == "expired") return Exit::expired;
  return Exit::refused;
}

}  // namespace assent::cli
