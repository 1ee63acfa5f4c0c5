// Every event of one approval, in the order of the log, or every row that a dialect has for them.
#pragma once

#include "app/operation.h"
#include "app/query_events.h"

namespace assent::app {

struct GetTrail {
  ApprovalId approval;
  std::optional<Dialect> dialect;
};
void describe(Fields& fields, GetTrail& in);

Result<EventList> approval_trail(const store::Read& read, const GetTrail& in);

}  // namespace assent::app
