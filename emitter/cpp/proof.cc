#include "emitter/cpp/proof.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "emitter/cpp/event.h"
#include "emitter/cpp/value.h"

#include <algorithm>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::string_view kProofTypes[] = {"screenshot", "api_response", "hash", "url", "none"};
constexpr std::size_t kUrlBytesMax = 2048;

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == '\x7F'; });
}

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

// What does not need the type to be known.
std::optional<Error> fault_of_parts(const Proof& proof) {
  if (proof.type.empty()) return invalid("proof.type", "is required");
  if (std::ranges::find(kProofTypes, proof.type) == std::end(kProofTypes)) {
    return invalid("proof.type", "must be one of screenshot, api_response, hash, url, none");
  }
  if (proof.url) {
    if (auto fault = fault_of_text("proof.url", *proof.url, kUrlBytesMax)) return fault;
  }
  if (auto fault = fault_of_hash("proof.sha256", proof.sha256)) return fault;
  return fault_of_hash("proof.blob", proof.blob);
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
  std::string name(field);
  if (!is_utf8(text)) return invalid(std::move(name), "is not Unicode text");
  if (text.empty()) return invalid(std::move(name), "must not be empty");
  if (text.size() > bytes_max) {
    return invalid(std::move(name), "is longer than " + std::to_string(bytes_max) + " bytes");
  }
  if (has_control(text)) return invalid(std::move(name), "has a control character");
  return std::nullopt;
}

// The members in the order of their names, as RFC 8785 wants them.
Result<ProofText> proof_text(const Proof& proof, const Redactor& redactor) {
  if (auto fault = fault_of_parts(proof)) return std::move(*fault);
  std::optional<std::string> captured_at;
  if (proof.captured_at) {
    captured_at = time_text(*proof.captured_at);
    if (!captured_at) {
      return invalid("proof.capturedAt", "must be a time of UTC such as 2026-11-21T07:00:00Z");
    }
  }
  const bool is_address = proof.type == "screenshot" || proof.type == "url";
  if (proof.type == "hash" && !proof.sha256) return invalid("proof.sha256", "is required");
  if (is_address && !proof.url) return invalid("proof.url", "is required");
  if (proof.data && proof.blob) {
    return invalid("proof.blob", "must not be given with proof.data");
  }

  ProofText made;
  std::optional<std::string> blob_name = proof.blob;
  std::optional<std::string> data;
  if (proof.data) {
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
  if (is_address && !proof.sha256) members.add("unverified", "true");
  if (proof.url) {
    std::string url = *proof.url;
    redactor.redact(url);
    members.add_text("url", url);
  }
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
