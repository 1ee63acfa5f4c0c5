// JSON for readers who mind the order: RFC 8785's notation with the members in their own.
#include "base/canonical.h"

namespace assent {
namespace {

// `indent` 0 writes on one line; else each item gets its own, `level` steps in.
struct Layout {
  std::size_t indent = 0;
  std::size_t level = 0;

  Layout inside() const { return {indent, level + 1}; }
  void break_line(std::string& out) const {
    if (indent > 0) out.append("\n").append(indent * level, ' ');
  }
};

void append_text(std::string& out, const Json& value, Layout layout) {
  char separator = '\0';
  const auto next_item = [&] {
    if (separator != '\0') out.push_back(separator);
    separator = ',';
    layout.inside().break_line(out);
  };
  if (value.is_array() && !value.items().empty()) {
    out.push_back('[');
    for (const auto& item : value.items()) {
      next_item();
      append_text(out, item, layout.inside());
    }
    layout.break_line(out);
    out.push_back(']');
  } else if (value.is_object() && !value.members().empty()) {
    out.push_back('{');
    for (const auto& [name, member] : value.members()) {
      next_item();
      append_json_string(out, name);
      out.append(layout.indent > 0 ? ": " : ":");
      append_text(out, member, layout.inside());
    }
    layout.break_line(out);
    out.push_back('}');
  } else if (value.is_array() || value.is_object()) {
    out.append(value.is_array() ? "[]" : "{}");
  } else {
    append_canonical(out, value);
  }
}

}  // namespace

std::string json_text(const Json& value, std::size_t indent) {
  std::string out;
  append_text(out, value, {.indent = indent});
  return out;
}

}  // namespace assent
