#include "app/emitted_proof.h"

#include "base/canonical.h"

#include <array>
#include <string_view>
#include <utility>

namespace assent::app {

namespace {

Error at(const std::string& path, std::string_view member, std::string message) {
  return error_at(Code::validation_error, path + "." + std::string(member), std::move(message));
}

std::string of_type(std::string_view what, ProofType type) {
  return std::string(what) + " a proof of type " + std::string(word(type));
}

Result<void> check_none(const EmittedProof& proof, const std::string& path) {
  const std::array members = {
      std::pair{"data", proof.data.has_value()},
      std::pair{"url", proof.url.has_value()},
      std::pair{"sha256", proof.sha256.has_value()},
      std::pair{"capturedAt", proof.captured_at.has_value()},
      std::pair{"blob", proof.blob.has_value()},
      std::pair{"unverified", proof.is_unverified.has_value()},
  };
  for (const auto& [name, is_there] : members) {
    if (is_there) return at(path, name, of_type("is not for", proof.type));
  }
  return {};
}

bool shows_something(const EmittedProof& proof) {
  return proof.data || proof.url || proof.sha256 || proof.blob;
}

// What is seen may be told in more ways than its type's own: a screenshot may be inline, a page be
// known by its hash alone.
Result<void> check_members(const EmittedProof& proof, const std::string& path) {
  switch (proof.type) {
    case ProofType::none:
      return check_none(proof, path);
    case ProofType::hash:
      if (!proof.sha256) return at(path, "sha256", of_type("is required of", proof.type));
      return {};
    case ProofType::url:
    case ProofType::screenshot:
      if (!shows_something(proof)) return at(path, "url", of_type("is required of", proof.type));
      return {};
    case ProofType::api_response:
      if (!shows_something(proof)) return at(path, "data", of_type("is required of", proof.type));
      return {};
  }
  return {};
}

}  // namespace

Result<void> check(const EmittedProof& proof, const std::string& path) {
  TRY(check_members(proof, path));
  if (proof.is_unverified == false) return at(path, "unverified", "must be true or absent");
  if (proof.data && canonical_json(*proof.data).size() > kProofDataBytesMax) {
    return error_at(Code::too_large, path + ".data",
                    "is larger than " + std::to_string(kProofDataBytesMax) +
                        " bytes: upload it, and name its blob");
  }
  return {};
}

bool is_unverified(const EmittedProof& proof) {
  const bool is_seen = proof.type == ProofType::url || proof.type == ProofType::screenshot;
  return proof.is_unverified == true || (is_seen && !proof.sha256 && !proof.blob);
}

Json to_json(const EmittedProof& proof) {
  Json json = Json::object({{"type", word(proof.type)}});
  json.set_if("data", proof.data).set_if("url", proof.url);
  if (proof.sha256) json.set("sha256", content_hash_text(*proof.sha256));
  if (proof.captured_at) json.set("capturedAt", to_rfc3339(*proof.captured_at));
  if (proof.blob) json.set("blob", content_hash_text(*proof.blob));
  if (is_unverified(proof)) json.set("unverified", true);
  return json;
}

void describe(Fields& fields, EmittedProof& proof) {
  fields.field("type", proof.type, "what it is");
  fields.field("data", proof.data, "what was answered, at most 16 KiB; more goes into a blob");
  fields.field("url", proof.url, "where it can be seen", {.length_max = 2048, .length_min = 1});
  fields.field("sha256", proof.sha256, "of what was seen there");
  fields.field("capturedAt", proof.captured_at, "when it was seen");
  fields.field("blob", proof.blob, "what was seen, uploaded beforehand");
  fields.field("unverified", proof.is_unverified, "true: nothing pins what was seen");
}

}  // namespace assent::app
