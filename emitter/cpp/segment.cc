#include "emitter/cpp/segment.h"

#include "base/text.h"
#include "emitter/cpp/json_read.h"

#include <algorithm>
#include <array>
#include <charconv>
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

// Takes the longest beginning of `text` whose every character `is_part`.
template <class IsPart>
std::string_view take_while(std::string_view& text, IsPart is_part) {
  const auto end = std::ranges::find_if_not(text, is_part);
  const std::string_view taken(text.data(), static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_producer_part(char c) {
  return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

// Moves `rest` behind the next `word`; false, and to the end, if there is none.
bool skip_past(std::string_view& rest, std::string_view word) {
  const std::size_t at = rest.find(word);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + word.size());
  return at != std::string_view::npos;
}

// The number of the event whose `"producer":{"id":"` was just taken.
std::optional<std::uint64_t> take_sequence(std::string_view& rest) {
  if (take_while(rest, is_producer_part).empty() || !take(rest, R"(","sequence":)")) {
    return std::nullopt;
  }
  const auto sequence = from_decimal(take_while(rest, is_digit));
  return take(rest, "}") ? sequence : std::nullopt;
}

// The tenant with which the event ends whose `"tenantId":"` was just taken.
std::optional<std::string> take_tenant(std::string_view& rest) {
  const std::string_view tenant =
      take_while(rest, [](char c) { return is_digit(c) || is_lower(c) || c == '-'; });
  if (tenant.empty() || !take(rest, R"(","type":")")) return std::nullopt;
  const std::string_view type =
      take_while(rest, [](char c) { return is_digit(c) || is_lower(c) || c == '_' || c == '.'; });
  if (type.empty() || !take(rest, R"("})")) return std::nullopt;
  return std::string(tenant);
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
  const auto sequence = producer ? producer->integer_at("sequence") : std::nullopt;
  if (!tenant || !sequence || *sequence < 1) return std::nullopt;
  return PayloadName{.tenant = std::string(*tenant),
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

Scanned scan_records(std::string_view content) {
  Scanned scanned;
  std::size_t at = 0;
  while (content.size() - at >= kRecordHeaderBytes) {
    const Header header = header_of(content.substr(at));
    const std::size_t begin = at + kRecordHeaderBytes;
    // A hole in a file reads as an empty payload with a fitting CRC.
    if (header.size == 0 || header.size > kPayloadBytesMax) break;
    if (content.size() - begin < header.size) break;
    const std::string_view payload = content.substr(begin, header.size);
    auto name = fits(header, payload) ? name_of_payload(payload) : std::nullopt;
    if (!name) break;
    scanned.records.push_back({.offset = begin, .size = payload.size(), .name = std::move(*name)});
    at = begin + payload.size();
  }
  scanned.good_bytes = at;
  return scanned;
}

bool is_torn(std::string_view rest) {
  if (rest.size() < kRecordHeaderBytes) return true;
  const std::size_t size = header_of(rest).size;
  return size > 0 && size <= kPayloadBytesMax && rest.size() < kRecordHeaderBytes + size;
}

std::vector<PayloadName> numbers_in(std::string_view rest) {
  std::vector<PayloadName> names;
  while (skip_past(rest, R"("producer":{"id":")")) {
    const auto sequence = take_sequence(rest);
    if (!sequence) continue;
    while (skip_past(rest, R"("tenantId":")")) {
      if (auto tenant = take_tenant(rest)) {
        names.push_back({.tenant = std::move(*tenant), .sequence = *sequence});
        break;
      }
    }
  }
  return names;
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

std::optional<std::string> Segment::read(std::uint64_t offset, std::size_t bytes) const {
  std::string record(kRecordHeaderBytes + bytes, '\0');
  const std::size_t got = read_at(file_, offset - kRecordHeaderBytes, record.data(), record.size());
  if (got < record.size()) return std::nullopt;
  const Header header = header_of(record);
  record.erase(0, kRecordHeaderBytes);
  if (!fits(header, record)) return std::nullopt;
  return record;
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
