// The reader of a spool's files, which a broken disk may have written.
#include "base/canonical.h"
#include "base/json.h"
#include "base/result.h"
#include "emitter/cpp/damage.h"
#include "emitter/cpp/json_read.h"
#include "emitter/cpp/segment.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace assent;
using namespace assent::emitter;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  const Scanned scanned = scan_records(content);
  CHECK(scanned.good_bytes <= content.size());
  std::string again;
  for (const ScannedRecord& record : scanned.records) {
    CHECK(record.offset + record.size <= scanned.good_bytes);
    const std::string_view payload = content.substr(record.offset, record.size);
    CHECK(name_of_payload(payload) == record.name);
    if (payload.starts_with('B')) CHECK(blob_of_payload(payload).size() < payload.size());
    append_record(again, payload);
  }
  CHECK(again == content.substr(0, scanned.good_bytes));
  // Behind what is good nothing may be taken for the beginning of a record and yet be whole.
  const std::string_view rest = content.substr(scanned.good_bytes);
  if (is_torn(rest) && rest.size() >= kRecordHeaderBytes) CHECK(scan_records(rest).records.empty());
  const Rest read = read_rest(rest);
  for (const PayloadName& name : read.likely) CHECK(!name.tenant.empty());
  if (read.ends_whole && !rest.empty()) CHECK(!read.certain.empty());

  // The reader without Boost and the one with it agree on what JSON is and what it says.
  const auto mine = read_json(content);
  const auto theirs = parse_json(content);
  CHECK(mine.has_value() == theirs.has_value());
  if (mine) CHECK(canonical_json(*mine) == canonical_json(*theirs));
  return 0;
}
