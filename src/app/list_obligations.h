// What was begun and is to be finished: emitted events that are pending still.
#pragma once

#include "app/operation.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct ListObligations {
  std::optional<bool> is_overdue;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
void describe(Fields& fields, ListObligations& in);

// Who or what, by its kind and id.
struct Named {
  std::string type, id;
};
void describe(Fields& fields, Named& named);

struct ObligationView {
  EventId event;
  std::string type;
  Named target, actor;
  std::string correlation_id;
  Timestamp opened_at, due_at;
  bool is_overdue = false;
};
void describe(Fields& fields, ObligationView& view);

struct ObligationList {
  std::vector<ObligationView> obligations;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, ObligationList& out);
Json to_data(const ObligationList& out);

Result<ObligationList> list_obligations(const store::Read& read, const ListObligations& in);

}  // namespace assent::app
