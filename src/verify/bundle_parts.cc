#include "verify/bundle_parts.h"

#include "base/text.h"
#include "base/time.h"
#include "verify/members.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace assent::verify {
namespace {

constexpr std::size_t kHashesMax = 64;  // No proof in a tree of 2^63 leaves is longer.

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

// One JSON document, and a newline after it or not.
Result<Json> document_from(std::string_view text, std::string_view what) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto parsed = parse_json(text);
  if (!parsed) return corrupt(std::string(what) + " is not strict JSON");
  return std::move(*parsed);
}

// An object that has these members, all of them and nothing else.
Result<void> check_members(const Json& value, std::string_view what,
                           std::initializer_list<std::string_view> required,
                           std::initializer_list<std::string_view> optional = {}) {
  if (!value.is_object()) return corrupt(std::string(what) + " is no JSON object");
  for (const std::string_view name : required) {
    if (value.find(name) == nullptr) {
      return corrupt(std::string(what) + " has no " + std::string(name));
    }
  }
  for (const auto& [name, member] : value.members()) {
    if (std::ranges::find(required, name) == required.end() &&
        std::ranges::find(optional, name) == optional.end()) {
      return corrupt(std::string(what) + " has a member that is none of this format");
    }
  }
  return {};
}

Result<std::string> text_at(const Json& value, std::string_view name) {
  const auto text = value.string_at(name);
  if (!text) return corrupt(std::string(name) + " is no text");
  return std::string(*text);
}

Result<std::uint64_t> count_at(const Json& value, std::string_view name) {
  const auto count = value.integer_at(name);
  if (!count || *count < 0) return corrupt(std::string(name) + " is no count");
  return static_cast<std::uint64_t>(*count);
}

std::optional<Hash> hash_from_digits(std::string_view digits) {
  const auto bytes = from_hex(digits);
  if (!bytes || to_hex(*bytes) != digits) return std::nullopt;
  return hash_from_bytes(*bytes);
}

Result<std::vector<Hash>> hashes_at(const Json& value, std::string_view name) {
  const Json* const list = value.find(name);
  if (list == nullptr || !list->is_array() || list->items().size() > kHashesMax) {
    return corrupt(std::string(name) + " is no list of hashes");
  }
  std::vector<Hash> hashes;
  for (const Json& item : list->items()) {
    const auto bytes = item.is_string() ? from_base64(item.string()) : std::nullopt;
    const auto hash = bytes ? hash_from_bytes(*bytes) : std::nullopt;
    if (!hash) return corrupt(std::string(name) + " has what is no hash in base64");
    hashes.push_back(*hash);
  }
  return hashes;
}

Result<void> read_selection(const Json& selection, Manifest& manifest) {
  constexpr std::string_view kWhat = "the manifest's selection";
  if (selection.string_at("kind") == "range") {
    TRY(check_members(selection, kWhat, {"kind", "begin", "end"}));
    const auto begin = TRY(count_at(selection, "begin"));
    const auto end = TRY(count_at(selection, "end"));
    const Range range{.begin = begin, .end = end};
    if (range.begin > range.end || range.end > manifest.size) {
      return corrupt("the manifest's range is not within the checkpoint's size");
    }
    manifest.range = range;
    return {};
  }
  if (selection.string_at("kind") != "members") {
    return corrupt("the manifest's selection is neither a range nor members");
  }
  TRY(check_members(selection, kWhat, {"kind", "count", "query"}));
  if (!selection.find("query")->is_object()) return corrupt("the query is no JSON object");
  manifest.count = TRY(count_at(selection, "count"));
  if (manifest.count > manifest.size) {
    return corrupt("the manifest counts more members than the log has events");
  }
  return {};
}

Result<void> read_files(const Json& files, Manifest& manifest) {
  if (!files.is_object()) return corrupt("the manifest's files are no JSON object");
  for (const auto& [name, entry] : files.members()) {
    if (!member_rank(name) || name == kManifest) {
      return corrupt("the manifest lists a file that no bundle has");
    }
    TRY(check_members(entry, "the manifest's entry of a file", {"bytes", "sha256"}));
    const auto hash = hash_from_digits(entry.string_at("sha256").value_or(""));
    if (!hash) return corrupt("the manifest has a sha256 that is none");
    manifest.files[name] = {.bytes = TRY(count_at(entry, "bytes")), .sha256 = *hash};
  }
  for (const std::string_view name : {kCheckpoint, kKeys, kEvents, kProofs, kWitnesses}) {
    if (!manifest.files.contains(name)) {
      return corrupt("the manifest lists no " + std::string(name));
    }
  }
  return {};
}

// Which views are there is said by the files; the list only repeats that they prove nothing.
Result<void> read_views(const Json& views, const Manifest& manifest) {
  if (!views.is_array()) return corrupt("the manifest's views are no list");
  for (const Json& view : views.items()) {
    if (!view.is_string()) return corrupt("the manifest's views have what is no text");
    const std::string& name = view.string();
    if (!name.starts_with(kViewPrefix) || !manifest.files.contains(name)) {
      return corrupt("the manifest names a view that is no file of it");
    }
  }
  return {};
}

Result<void> read_missing(const Json& list, Manifest& manifest) {
  if (!list.is_array()) return corrupt("the manifest's missing blobs are no list");
  for (const Json& item : list.items()) {
    if (!item.is_string() || !hash_from_digits(item.string())) {
      return corrupt("the manifest's missing blobs have what is no hash");
    }
    if (manifest.files.contains(std::string(kBlobPrefix) + item.string())) {
      return corrupt("the manifest calls a blob missing that it lists");
    }
    manifest.missing_blobs.insert(item.string());
  }
  return {};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text) {
  const Json document = TRY(document_from(text, "the manifest"));
  // A later format may have other members: say that first.
  if (document.is_object() && document.string_at("format") != kBundleFormat) {
    return corrupt("the bundle is not of the format " + std::string(kBundleFormat));
  }
  TRY(check_members(
      document, "the manifest",
      {"format", "tenant", "origin", "selection", "size", "verifierKey", "createdAt", "files"},
      {"missingBlobs", "views"}));
  Manifest manifest{.tenant = TRY(text_at(document, "tenant")),
                    .origin = {},
                    .range = std::nullopt,
                    .size = 0,
                    .verifier_key = {},
                    .files = {},
                    .missing_blobs = {}};
  manifest.origin = TRY(text_at(document, "origin"));
  manifest.size = TRY(count_at(document, "size"));
  manifest.verifier_key = TRY(text_at(document, "verifierKey"));
  if (!from_rfc3339(TRY(text_at(document, "createdAt")))) {
    return corrupt("createdAt is no time");
  }
  TRY(read_selection(*document.find("selection"), manifest));
  TRY(read_files(*document.find("files"), manifest));
  if (const Json* views = document.find("views")) TRY(read_views(*views, manifest));
  if (const Json* missing = document.find("missingBlobs")) TRY(read_missing(*missing, manifest));
  return manifest;
}

Result<std::vector<LogKey>> parse_keys(std::string_view text) {
  const Json document = TRY(document_from(text, "the list of keys"));
  if (!document.is_array() || document.items().empty()) {
    return corrupt("the list of keys has no key");
  }
  std::vector<LogKey> keys;
  for (const Json& item : document.items()) {
    TRY(check_members(item, "the key", {"verifierKey", "fromSize", "handover"}));
    const auto key = ledger::VerifierKey::from_text(TRY(text_at(item, "verifierKey")));
    if (!key) return corrupt("a verifier key is none");
    const auto from_size = TRY(count_at(item, "fromSize"));
    LogKey entry{.key = *key, .from_size = from_size, .handover = {}};
    if (const Json& note = *item.find("handover"); !note.is_null()) {
      entry.handover = TRY(text_at(item, "handover"));
    }
    if (keys.empty() && entry.handover) return corrupt("the first key has a handover");
    if (keys.empty() ? entry.from_size != 0 : entry.from_size <= keys.back().from_size) {
      return corrupt("the keys do not follow one another from size 0 on");
    }
    keys.push_back(std::move(entry));
  }
  return keys;
}

Result<RangeProof> parse_range_proof(std::string_view line) {
  const Json proof = TRY(document_from(line, "the proof"));
  TRY(check_members(proof, "the proof", {"peaks", "consistency"}));
  RangeProof out;
  for (const Hash& peak : TRY(hashes_at(proof, "peaks"))) out.peaks += as_bytes(peak);
  out.consistency = TRY(hashes_at(proof, "consistency"));
  return out;
}

Result<MemberProof> parse_member_proof(std::string_view line) {
  const Json proof = TRY(document_from(line, "the proof"));
  TRY(check_members(proof, "the proof", {"sequence", "path"}));
  const auto sequence = TRY(count_at(proof, "sequence"));
  auto path = TRY(hashes_at(proof, "path"));
  return MemberProof{.sequence = sequence, .path = std::move(path)};
}

Result<Witnesses> parse_witnesses(std::string_view text) {
  const Json document = TRY(document_from(text, "the list of witnesses"));
  TRY(check_members(document, "the list of witnesses", {"policy", "keys"}));
  Witnesses witnesses;
  if (!document.find("policy")->is_null()) witnesses.policy = TRY(text_at(document, "policy"));
  const Json& keys = *document.find("keys");
  if (!keys.is_array()) return corrupt("the witnesses' keys are no list");
  for (const Json& key : keys.items()) {
    if (!key.is_string()) return corrupt("the witnesses' keys have what is no text");
    witnesses.keys.push_back(key.string());
  }
  return witnesses;
}

}  // namespace assent::verify
