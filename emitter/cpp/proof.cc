#include "emitter/cpp/proof.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "emitter/cpp/event.h"
#include "emitter/cpp/value.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::string_view kProofTypes[] = {"screenshot", "api_response", "hash", "url", "none"};
constexpr std::size_t kUrlBytesMax = 2048;

// A time of UTC with all six digits; nothing if `text` is none.
std::optional<std::string> time_text(std::string_view text) {
  constexpr std::size_t kShortest = std::string_view("2026-11-21T07:00:00Z").size();
  constexpr std::size_t kLongest = std::string_view("2026-11-21T07:00:00.000000Z").size();
  if (text.size() < kShortest || text.size() > kLongest) return std::nullopt;
  if (text[10] != 'T' || text.back() != 'Z') return std::nullopt;
  const auto at = from_rfc3339(text);
  if (!at) return std::nullopt;
  return to_rfc3339(*at);
}

std::optional<Error> fault_of_hash(std::string_view field, const std::optional<std::string>& text) {
  if (!text || content_hash_from_text(*text)) return std::nullopt;
  return invalid(std::string(field), "must be sha256: and 64 lower-case hexadecimal digits");
}

// What does not need the type to be known. `url` is without secrets.
std::optional<Error> fault_of_parts(const Proof& proof, const std::optional<std::string>& url) {
  if (proof.type.empty()) return invalid("proof.type", "is required");
  if (std::ranges::find(kProofTypes, proof.type) == std::end(kProofTypes)) {
    return invalid("proof.type", "must be one of screenshot, api_response, hash, url, none");
  }
  if (url) {
    if (auto fault = fault_of_text("proof.url", *url, kUrlBytesMax)) return fault;
  }
  if (auto fault = fault_of_hash("proof.sha256", proof.sha256)) return fault;
  return fault_of_hash("proof.blob", proof.blob);
}

// What is null is not there.
bool has_data(const Proof& proof) {
  return proof.data && !std::holds_alternative<std::nullptr_t>(proof.data->variant());
}

std::optional<Error> fault_of_none(const Proof& proof) {
  const std::pair<std::string_view, bool> members[] = {
      {"proof.data", has_data(proof)},
      {"proof.url", proof.url.has_value()},
      {"proof.sha256", proof.sha256.has_value()},
      {"proof.capturedAt", proof.captured_at.has_value()},
      {"proof.blob", proof.blob.has_value()}};
  for (const auto& [name, is_there] : members) {
    if (is_there) return invalid(std::string(name), "is not for a proof of type none");
  }
  return std::nullopt;
}

// A proof shows something, in whatever way: what was seen may be inline, or stored, or known by its
// hash alone. The server has the same rule.
std::optional<Error> fault_of_what_is_shown(const Proof& proof) {
  if (proof.type == "none") return fault_of_none(proof);
  if (proof.type == "hash" && !proof.sha256) return invalid("proof.sha256", "is required");
  if (has_data(proof) || proof.url || proof.sha256 || proof.blob) return std::nullopt;
  return invalid(proof.type == "api_response" ? "proof.data" : "proof.url", "is required");
}

// The canonical form of the data, or what is wrong with it.
Result<std::string> data_text(const Value& data, const Redactor& redactor) {
  Json json = TRY(to_json(data, "proof.data"));
  redactor.redact(json);
  std::string text = canonical_json(TRY(checked(std::move(json), "proof.data", 2)));
  if (text.size() > kDataBytesMax) return invalid("proof.data", "is too large");
  return text;
}

class Members {
 public:
  void add(std::string_view name, std::string_view json) {
    text_.push_back(text_.empty() ? '{' : ',');
    text_.append("\"").append(name).append("\":").append(json);
  }
  void add_text(std::string_view name, std::string_view text) {
    add(name, {});
    append_json_string(text_, text);
  }
  std::string take() && {
    text_.push_back('}');
    return std::move(text_);
  }

 private:
  std::string text_;
};

}  // namespace

std::optional<Error> fault_of_text(std::string_view field, std::string_view text,
                                   std::size_t bytes_max) {
  const auto wrong = [&](std::string_view message) { return invalid(std::string(field), message); };
  bool has_control = false;
  bool is_ascii = true;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    has_control = has_control || byte < 0x20 || byte == 0x7F;
    is_ascii = is_ascii && byte < 0x80;
  }
  if (!is_ascii && !is_utf8(text)) return wrong("is not Unicode text");
  if (text.empty()) return wrong("must not be empty");
  if (text.size() > bytes_max) {
    return wrong("is longer than " + std::to_string(bytes_max) + " bytes");
  }
  if (has_control) return wrong("has a control character");
  return std::nullopt;
}

std::string without_secrets(std::string_view text, const Redactor& redactor) {
  std::string clean(text);
  if (is_utf8(clean)) redactor.redact(clean);
  return clean;
}

// The members in the order of their names, as RFC 8785 wants them.
Result<ProofText> proof_text(const Proof& proof, const Redactor& redactor) {
  std::optional<std::string> url;
  if (proof.url) url = without_secrets(*proof.url, redactor);
  if (auto fault = fault_of_parts(proof, url)) return std::move(*fault);
  std::optional<std::string> captured_at;
  if (proof.captured_at) {
    captured_at = time_text(*proof.captured_at);
    if (!captured_at) {
      return invalid("proof.capturedAt", "must be a time of UTC such as 2026-11-21T07:00:00Z");
    }
  }
  if (auto fault = fault_of_what_is_shown(proof)) return std::move(*fault);
  if (has_data(proof) && proof.blob) {
    return invalid("proof.blob", "must not be given with proof.data");
  }

  ProofText made;
  std::optional<std::string> blob_name = proof.blob;
  std::optional<std::string> data;
  if (has_data(proof)) {
    data = TRY(data_text(*proof.data, redactor));
    if (data->size() > kInlineDataBytesMax) {
      blob_name = content_hash_text(sha256(*data));
      made.blob = std::exchange(data, std::nullopt);
    }
  }
  Members members;
  if (blob_name) members.add_text("blob", *blob_name);
  if (captured_at) members.add_text("capturedAt", *captured_at);
  if (data) members.add("data", *data);
  if (proof.sha256) members.add_text("sha256", *proof.sha256);
  members.add_text("type", proof.type);
  const bool is_seen = proof.type == "screenshot" || proof.type == "url";
  if (is_seen && !proof.sha256 && !blob_name) members.add("unverified", "true");
  if (url) members.add_text("url", *url);
  made.json = std::move(members).take();
  return made;
}

Proof api_proof(Value data) {
  return {.type = "api_response", .data = std::move(data)};
}
Proof hash_proof(std::string sha256) {
  return {.type = "hash", .sha256 = std::move(sha256)};
}
Proof url_proof(std::string url, std::optional<std::string> sha256) {
  return {.type = "url", .url = std::move(url), .sha256 = std::move(sha256)};
}
Proof screenshot_proof(std::string url, std::optional<std::string> sha256) {
  return {.type = "screenshot", .url = std::move(url), .sha256 = std::move(sha256)};
}

}  // namespace assent::emitter
