#include "emitter/cpp/segment.h"

#include "base/text.h"
#include "emitter/cpp/json_read.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <unistd.h>

namespace assent::emitter {
namespace {

constexpr std::size_t kNumberDigits = 16;
constexpr std::string_view kSuffix = ".spool";

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint32_t u32_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + i])} << (8 * i);
  }
  return value;
}

struct Header {
  std::uint32_t size = 0;
  std::uint32_t crc = 0;
};

// REQUIRES: eight bytes.
Header header_of(std::string_view bytes) {
  return {.size = u32_at(bytes, 0), .crc = u32_at(bytes, 4)};
}

bool fits(const Header& header, std::string_view payload) {
  return header.size == payload.size() && header.crc == crc32(payload);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<PayloadName> name_of_payload(std::string_view payload) {
  if (payload.starts_with('B')) {
    const std::size_t end = payload.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    return PayloadName{.tenant = std::string(payload.substr(1, end - 1)), .sequence = 0};
  }
  const auto event = read_json(payload);
  if (!event) return std::nullopt;
  const auto tenant = event->string_at("tenantId");
  const Json* const producer = event->find("producer");
  const auto id = producer ? producer->string_at("id") : std::nullopt;
  const auto sequence = producer ? producer->integer_at("sequence") : std::nullopt;
  if (!tenant || !id || !sequence || *sequence < 1) return std::nullopt;
  return PayloadName{.tenant = std::string(*tenant),
                     .producer = std::string(*id),
                     .sequence = static_cast<std::uint64_t>(*sequence)};
}

void append_record(std::string& out, std::string_view payload) {
  append_u32(out, static_cast<std::uint32_t>(payload.size()));
  append_u32(out, crc32(payload));
  out.append(payload);
}

std::string blob_payload(std::string_view tenant, std::string_view blob) {
  std::string payload = "B";
  payload.append(tenant).append("\n").append(blob);
  return payload;
}

std::string_view blob_of_payload(std::string_view payload) {
  return payload.substr(payload.find('\n') + 1);
}

std::optional<std::string_view> whole_payload(std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const Header header = header_of(bytes);
  bytes.remove_prefix(kRecordHeaderBytes);
  // A hole in a file reads as an empty payload with a fitting CRC.
  if (header.size == 0 || header.size > kPayloadBytesMax) return std::nullopt;
  if (bytes.size() < header.size) return std::nullopt;
  const std::string_view payload = bytes.substr(0, header.size);
  if (!fits(header, payload)) return std::nullopt;
  return payload;
}

Scanned scan_records(std::string_view content) {
  Scanned scanned;
  for (;;) {
    const auto payload = whole_payload(content.substr(scanned.good_bytes));
    auto name = payload ? name_of_payload(*payload) : std::nullopt;
    if (!name) return scanned;
    const std::size_t begin = scanned.good_bytes + kRecordHeaderBytes;
    scanned.records.push_back({.offset = begin, .size = payload->size(), .name = std::move(*name)});
    scanned.good_bytes = begin + payload->size();
  }
}

bool is_torn(std::string_view rest) {
  if (rest.size() < kRecordHeaderBytes) return true;
  const std::size_t size = header_of(rest).size;
  return size > 0 && size <= kPayloadBytesMax && rest.size() < kRecordHeaderBytes + size;
}

Segment::Segment(const std::string& directory, std::uint64_t number) : number_(number) {
  const std::string digits = std::to_string(number);
  path_ = directory + "/" + std::string(kNumberDigits - digits.size(), '0') + digits;
  path_ += kSuffix;
}

std::optional<Error> Segment::open() {
  if (file_.is_open()) return std::nullopt;
  auto opened = open_appending(path_);
  if (!opened) return std::move(opened).error();
  file_ = std::move(*opened);
  return std::nullopt;
}

std::optional<Error> Segment::append_whole(std::string_view bytes) {
  if (auto fault = append(file_, bytes)) {
    // If a part of a record cannot be taken away again, nothing may come behind it.
    is_appendable = ::ftruncate(file_.descriptor(), static_cast<off_t>(size)) == 0;
    return fault;
  }
  size += bytes.size();
  return std::nullopt;
}

Result<std::string> Segment::read(std::uint64_t offset, std::size_t bytes) const {
  // What an earlier process left may be more files than one may have open.
  File own;
  if (!file_.is_open()) {
    own = File(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!own.is_open() && errno == ENOENT) return std::string();
    if (!own.is_open()) return disk_error(path_);
  }
  std::string content(bytes, '\0');
  content.resize(read_at(own.is_open() ? own : file_, offset, content.data(), bytes));
  return content;
}

bool is_segment_name(std::string_view file_name) {
  return file_name.size() == kNumberDigits + kSuffix.size() && segment_number(file_name);
}

std::optional<std::uint64_t> segment_number(std::string_view file_name) {
  if (file_name.size() < kNumberDigits + kSuffix.size()) return std::nullopt;
  const std::string_view digits = file_name.substr(0, kNumberDigits);
  if (!std::ranges::all_of(digits, is_digit)) return std::nullopt;
  if (!file_name.substr(kNumberDigits).starts_with(kSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace assent::emitter
