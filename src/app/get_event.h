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

// Code::not_found also where the dialect has no row for the event.
Result<OneEvent> get_event(const store::Read& read, const GetEvent& in);

}  // namespace assent::app
