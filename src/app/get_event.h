// One event, by its id or its sequence.
#pragma once

#include "app/operation.h"

#include <string>

namespace assent::app {

struct GetEvent {
  std::string event;  // An id or a sequence.
};
void describe(Fields& fields, GetEvent& in);

struct OneEvent {
  std::string bytes;
};
void describe(Fields& fields, OneEvent& out);
std::string to_data_text(const OneEvent& out);

Result<OneEvent> get_event(const store::Read& read, const GetEvent& in);

}  // namespace assent::app
