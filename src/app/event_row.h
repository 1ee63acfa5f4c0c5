// An event as a caller reads it: its canonical bytes, or its row in a dialect.
#pragma once

#include "app/fields.h"
#include "base/result.h"
#include "domain/dialect/dialect.h"

#include <optional>
#include <string>
#include <string_view>

namespace assent::app {

// JSON text, or nothing where the dialect has no row for the event. Code::corrupt if the bytes are
// no event's.
Result<std::optional<std::string>> row_of(Dialect dialect, std::string bytes);

// The query parameter of every read of events.
void describe_dialect(Fields& fields, std::optional<Dialect>& dialect);

}  // namespace assent::app
