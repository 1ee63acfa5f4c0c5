#include "app/event_row.h"

namespace assent::app {

Result<std::optional<std::string>> row_of(Dialect dialect, std::string bytes) {
  if (dialect == Dialect::canonical) return std::optional(std::move(bytes));
  const auto row = translate(dialect, TRY(stored_event_from(bytes)));
  if (!row) return std::optional<std::string>();
  return std::optional(json_text(*row));
}

void describe_dialect(Fields& fields, std::optional<Dialect>& dialect) {
  fields.query("dialect", dialect, "as which system would have written it; canonical by default");
}

}  // namespace assent::app
