// The programs that number the events they emit, and which of these never arrived.
#pragma once

#include "app/operation.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct ListProducers {
  std::optional<bool> only_with_gaps;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
void describe(Fields& fields, ListProducers& in);

struct ProducerView {
  std::string id;
  std::int64_t next = 1;
  std::vector<std::string> missing;  // `41-43`, or `41` alone.
  std::int64_t missing_count = 0;
  Timestamp last_seen_at;
  std::optional<PrincipalId> principal;
};
void describe(Fields& fields, ProducerView& view);

struct ProducerList {
  std::vector<ProducerView> producers;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, ProducerList& out);
Json to_data(const ProducerList& out);

Result<ProducerList> list_producers(const store::Read& read, const ListProducers& in);

}  // namespace assent::app
