// One file of a spool: records of a length, a CRC and a payload. emitter/README.md has the format.
#pragma once

#include "emitter/cpp/file.h"

#include <assent/emitter.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assent::emitter {

inline constexpr std::size_t kRecordHeaderBytes = 8;
// An event is far below it; a length beyond is no length.
inline constexpr std::size_t kPayloadBytesMax = 2 * 1024 * 1024;

// ---- records as bytes ----

// What a payload is: an event with its number and who numbered it, or a blob (sequence 0).
struct PayloadName {
  std::string tenant;
  std::string producer = {};
  std::uint64_t sequence = 0;
  friend bool operator==(const PayloadName&, const PayloadName&) = default;
};
// Nothing if it is neither.
std::optional<PayloadName> name_of_payload(std::string_view payload);

void append_record(std::string& out, std::string_view payload);
std::string blob_payload(std::string_view tenant, std::string_view blob);
// REQUIRES: what blob_payload() made.
std::string_view blob_of_payload(std::string_view payload);

// The payload of the record with which `bytes` begin, if that is whole.
std::optional<std::string_view> whole_payload(std::string_view bytes);

struct ScannedRecord {
  std::size_t offset = 0;  // Of the payload.
  std::size_t size = 0;
  PayloadName name;
};
struct Scanned {
  std::vector<ScannedRecord> records;  // Up to the first that is none.
  std::size_t good_bytes = 0;          // Where that one begins.
};
// The records of a file's content. For hostile bytes: linear, and reads nothing beyond them.
Scanned scan_records(std::string_view content);

// Whether `rest` is the beginning of a record, as a crash while writing leaves it.
bool is_torn(std::string_view rest);

// ---- the file ----

inline constexpr std::uint64_t kSegmentNumberMax = 9'999'999'999'999'999;  // Of sixteen digits.

// Appended to by one and read by another, who do not look at the same bytes: what append() has
// returned for is not changed again. The counts belong to whoever holds the spool's lock.
class Segment {
 public:
  Segment(const std::string& directory, std::uint64_t number);

  std::uint64_t number() const { return number_; }
  const std::string& path() const { return path_; }
  const File& file() const { return file_; }

  std::optional<Error> open();
  void close() { file_.close(); }
  // All of `bytes`, or an error and none of them.
  std::optional<Error> append_whole(std::string_view bytes);
  // What the file has of so many bytes. Error: it cannot be opened now.
  Result<std::string> read(std::uint64_t offset, std::size_t bytes) const;

  std::uint64_t size = 0;      // The bytes that are known to be good.
  std::uint64_t waiting = 0;   // Events that are neither in the log nor refused.
  bool is_appendable = false;  // Begun by this process, and not full.
  bool is_damaged = false;

 private:
  std::uint64_t number_;
  std::string path_;
  File file_;
};

// The number that a segment's file name says, also of one that was set aside; nothing for others.
std::optional<std::uint64_t> segment_number(std::string_view file_name);
bool is_segment_name(std::string_view file_name);

}  // namespace assent::emitter
