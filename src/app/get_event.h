// One event, by its id or its sequence.
#pragma once

#include "app/operation.h"
#include "domain/dialect/dialect.h"

#include <string>

namespace assent::app {

struct GetEvent {
  std::string event;  // An id or a sequence.
  std::optional<Dialect> dialect;
};
void describe(Fields& fields, GetEvent& in);

struct OneEvent {
  std::string bytes;  // Canonical, or the dialect's row.
};
void describe(Fields& fields, OneEvent& out);
std::string to_data_text(const OneEvent& out);

// Where the event is that this id or sequence names. Code::not_found if the log has none (a
// sequence is not looked up), Code::validation_error if it is neither.
Result<std::uint64_t> sequence_of(const store::Read& read, std::string_view event);

// Code::not_found also where the dialect has no row for the event.
Result<OneEvent> get_event(const store::Read& read, const GetEvent& in);

}  // namespace assent::app
