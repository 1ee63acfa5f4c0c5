#include "store/bundle/named_blobs.h"

#include "base/json.h"
#include "domain/event.h"
#include "domain/words.h"
#include "store/search/facets.h"

#include <algorithm>
#include <cstring>

namespace assent::store {
namespace {

// Calls `visit` with each record of that size.
Result<void> each_record(Spool& spool, std::size_t size, const Spool::Take& visit) {
  std::string rest;
  return spool.read([&](std::string_view piece) -> Result<void> {
    rest += piece;
    std::string_view left = rest;
    for (; left.size() >= size; left.remove_prefix(size)) TRY(visit(left.substr(0, size)));
    rest = std::string(left);
    return {};
  });
}

// Which of `shares` equal parts of all hashes this one is in.
std::uint64_t share_of(const Hash& hash, std::uint64_t shares) {
  const std::uint64_t first = std::uint64_t{hash[0]} << 24 | std::uint64_t{hash[1]} << 16 |
                              std::uint64_t{hash[2]} << 8 | std::uint64_t{hash[3]};
  return (first * shares) >> 32;
}

// Most events name none, and are not parsed to learn that.
bool can_name_blobs(std::string_view type, std::string_view event) {
  if (!is_governed_type(type)) return may_have_proof_blob(event);
  return type == "policy.changed" || type == "evidence.attached" || type.starts_with("approval.") ||
         type.starts_with("ir.validated_");
}

}  // namespace

Result<std::vector<Hash>> blobs_named_by(std::string_view event) {
  std::vector<Hash> hashes;
  const auto facets = facets_of(event);
  if (facets && facets->type && !can_name_blobs(*facets->type, event)) return hashes;
  const auto stored = TRY(stored_event_from(event));
  const Json& data = stored.data;
  if (!is_governed_type(stored.type)) {
    if (const auto blob = proof_blob(data)) hashes.push_back(*content_hash_from_text(*blob));
    return hashes;
  }
  std::vector<const Json*> named;
  if (stored.type == "policy.changed") named.push_back(&data);
  if (stored.type == "evidence.attached" && data.string_at("type") == word(EvidenceType::file)) {
    named.push_back(&data);
  }
  if (stored.type.starts_with("approval.")) {
    for (const std::string_view member : {"subjectBlob", "requestBlob"}) {
      if (const Json* blob = data.find(member)) named.push_back(blob);
    }
  }
  if (const Json* plan = data.find("planBlob")) named.push_back(plan);
  for (const Json* blob : named) {
    const auto hash = content_hash_from_text(blob->string_at("sha256").value_or(""));
    if (!hash) {
      return Error{Code::corrupt, "event " + std::to_string(stored.sequence) +
                                      " of the log names its blob by what is no hash"};
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

Result<NamedBlobs> NamedBlobs::in(const std::string& directory, std::uint64_t hashes_per_pass) {
  auto named = TRY(Spool::in(directory));
  auto list = TRY(Spool::in(directory));
  auto absent = TRY(Spool::in(directory));
  auto bytes = TRY(Spool::in(directory));
  return NamedBlobs(hashes_per_pass, std::move(named), std::move(list), std::move(absent),
                    std::move(bytes));
}

Result<void> NamedBlobs::add(std::string_view event) {
  for (const Hash& hash : TRY(blobs_named_by(event))) TRY(named_.append(as_bytes(hash)));
  return {};
}

// Sorted and without duplicates.
Result<std::vector<Hash>> NamedBlobs::share(std::uint64_t which, std::uint64_t shares) {
  std::vector<Hash> hashes;
  TRY(each_record(named_, sizeof(Hash), [&](std::string_view record) {
    const Hash hash = *hash_from_bytes(record);
    if (share_of(hash, shares) == which) hashes.push_back(hash);
    return Result<void>();
  }));
  std::ranges::sort(hashes);
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

Result<void> NamedBlobs::fetch_one(const Get& get, const Hash& hash) {
  const auto bytes = get(hash);
  if (!bytes) {
    if (bytes.error().code != Code::not_found) return bytes.error();
    ++missing_;
    return absent_.append(as_bytes(hash));
  }
  if (sha256(*bytes) != hash) {
    return Error{Code::corrupt, "the blob " + content_hash_text(hash) + " is damaged"};
  }
  const Kept kept{.hash = hash, .offset = bytes_.size(), .size = bytes->size()};
  ++kept_;
  TRY(bytes_.append(*bytes));
  return list_.append({reinterpret_cast<const char*>(&kept), sizeof(kept)});
}

// With more hashes than fit, each pass over the file takes those of one share of all possible
// hashes: SHA-256 spreads them evenly.
Result<void> NamedBlobs::fetch(const Get& get) {
  const std::uint64_t shares = named_.size() / sizeof(Hash) / hashes_per_pass_ + 1;
  for (std::uint64_t which = 0; which < shares; ++which) {
    for (const Hash& hash : TRY(share(which, shares))) TRY(fetch_one(get, hash));
  }
  return {};
}

Result<void> NamedBlobs::each_kept(const std::function<Result<void>(const Kept&)>& visit) {
  return each_record(list_, sizeof(Kept), [&](std::string_view record) {
    Kept kept;
    std::memcpy(&kept, record.data(), sizeof(kept));
    return visit(kept);
  });
}

Result<void> NamedBlobs::each_missing(const std::function<Result<void>(const Hash&)>& visit) {
  return each_record(absent_, sizeof(Hash),
                     [&](std::string_view record) { return visit(*hash_from_bytes(record)); });
}

}  // namespace assent::store
