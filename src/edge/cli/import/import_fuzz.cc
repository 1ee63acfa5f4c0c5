// Whatever the file, each of its rows is planned, a fault, a repetition or another client's;
// every planned row comes after its parent, and can be read again from its bytes alone.
#include "edge/cli/import/import_file.h"

#include <cstddef>
#include <cstdint>
#include <set>

using namespace assent;
using namespace assent::cli;

namespace {

std::size_t rows_in(RowReader reader) {
  std::size_t rows = 0;
  while (reader.next()) ++rows;
  return rows;
}

void check_plan(const RowReader& reader, const ImportPlan& plan, const ImportChoice& choice) {
  std::set<EventId> before;
  for (const PlannedRow& row : plan.rows) {
    const auto columns = reader.columns_of(row.text);
    CHECK(columns.has_value());
    const auto read = row_from(*columns, choice.no_zone);
    CHECK(read && event_id_of(read->client_id, read->id) == row.id);
    CHECK(!choice.client_id || read->client_id == *choice.client_id);
    CHECK(!row.parent || row.is_parent_elsewhere || before.contains(*row.parent));
    CHECK(before.insert(row.id).second);
  }
}

void check(std::string_view text, ImportFormat format, const ImportChoice& choice) {
  auto reader = RowReader::open(text, format);
  if (!reader) return;
  const std::size_t rows = rows_in(*reader);
  const RowReader fresh = *reader;
  const auto plan = plan_import(*reader, choice);
  if (!plan) return;
  CHECK(plan->rows.size() + plan->faults.size() + plan->repeated + plan->of_others == rows);
  for (const LineFault& fault : plan->faults) CHECK(!fault.what.empty() && fault.line > 0);
  check_plan(fresh, *plan, choice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const ImportFormat format : {ImportFormat::ndjson, ImportFormat::csv}) {
    check(text, format, {});
    check(text, format, {.client_id = "c", .no_zone = NoZone::is_utc});
  }
  return 0;
}
