#include "verify/entry.h"

#include "base/hash.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace assent::verify {
namespace {

constexpr std::size_t kSequenceDigits = 20;
// Deeper than a request is read, because an event wraps what a request brought.
constexpr std::size_t kDepthMax = 80;

Error corrupt(std::string_view what) {
  return {Code::corrupt, "the entry is not an event: " + std::string(what)};
}

std::optional<std::uint64_t> sequence_from(std::string_view digits) {
  std::uint64_t number = 0;
  const auto end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  if (digits.size() != kSequenceDigits || read.ec != std::errc() || read.ptr != end) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

Result<Entry> EntryReader::read(std::string_view bytes) {
  if (!scan_canonical_object(bytes, members_, {.depth = kDepthMax})) {
    return corrupt("it is not in canonical form");
  }
  const auto text_of = [this](std::string_view name) -> std::optional<std::string_view> {
    const auto found = std::ranges::find(members_, name, &RawMember::name);
    if (found == members_.end()) return std::nullopt;
    return plain_string(found->value);
  };
  const auto sequence = sequence_from(text_of("sequence").value_or(""));
  if (!sequence) return corrupt("sequence is not 20 digits");
  const auto tenant = text_of("tenantid");
  const auto source = text_of("source");
  const auto type = text_of("type");
  if (!tenant || !source || !type) return corrupt("an attribute is missing");
  const auto data = std::ranges::find(members_, std::string_view("data"), &RawMember::name);
  if (data == members_.end() || !data->value.starts_with('{')) return corrupt("it has no data");
  return Entry{.sequence = *sequence,
               .tenant = *tenant,
               .source = *source,
               .type = *type,
               .data = data->value};
}

std::vector<std::string> blobs_named_by(const Entry& entry) {
  constexpr std::string_view kPrefix = "sha256:";
  std::vector<std::string_view> named;
  const auto name = [&named](std::optional<std::string_view> object) {
    const auto hash = object ? raw_member(*object, "sha256") : std::nullopt;
    if (object) named.push_back(hash ? plain_string(*hash).value_or("") : "");
  };
  if (entry.type == "policy.changed") name(entry.data);
  if (entry.type == "evidence.attached" && raw_member(entry.data, "type") == "\"file\"") {
    name(entry.data);
  }
  if (entry.type.starts_with("approval.")) {
    name(raw_member(entry.data, "subjectBlob"));
    name(raw_member(entry.data, "requestBlob"));
  }
  // An emitted event's proof; what the engine writes of an execution may say anything there.
  if (entry.data.find(R"("blob":")") != std::string_view::npos &&
      !entry.type.starts_with("execution.")) {
    const auto proof = raw_member(entry.data, "proof");
    const auto blob = proof ? raw_member(*proof, "blob") : std::nullopt;
    if (blob) named.push_back(plain_string(*blob).value_or(""));
  }
  std::vector<std::string> hashes;
  for (const std::string_view text : named) {
    if (content_hash_from_text(text)) hashes.emplace_back(text.substr(kPrefix.size()));
  }
  return hashes;
}

}  // namespace assent::verify
