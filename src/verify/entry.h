// What verification needs of an entry: its place, its tenant, its kind.
#pragma once

#include "base/json_scan.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assent::verify {

struct Entry {
  std::uint64_t sequence = 0;
  std::string_view tenant;
  std::string_view source;  // The log's origin.
  std::string_view type;
  std::string_view data;  // JSON, an object.
};

// Reads entries one after the other. Views are into the entry's bytes.
class EntryReader {
 public:
  // Code::corrupt unless the bytes are canonical JSON that has these attributes, each well-formed.
  Result<Entry> read(std::string_view bytes);

 private:
  std::vector<RawMember> members_;  // Reused.
};

// The blobs that the event names, 64 hex digits each: policies, files as evidence, large requests.
std::vector<std::string> blobs_named_by(const Entry& entry);

}  // namespace assent::verify
