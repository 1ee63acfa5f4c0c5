// The small parts of a bundle, parsed: the manifest, the keys, the lines of proofs. Strict, because
// each is from a stranger: whatever is more, less or other than the format says is Code::corrupt.
#pragma once

#include "base/hash.h"
#include "base/json.h"
#include "base/result.h"
#include "ledger/key.h"
#include "ledger/merkle.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assent::verify {

inline constexpr std::string_view kBundleFormat = "assent-bundle/1";
// The manifest lists every blob; 64 MiB are about half a million.
inline constexpr std::size_t kManifestBytesMax = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t kKeysBytesMax = std::size_t{4} * 1024 * 1024;
inline constexpr std::size_t kWitnessesBytesMax = std::size_t{1024} * 1024;
// Two lists of at most 64 hashes, with room for the names around them.
inline constexpr std::size_t kProofLineBytesMax = 8192;

struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct FileEntry {
  std::uint64_t bytes = 0;
  Hash sha256{};
};

struct Manifest {
  std::string tenant;
  std::string origin;
  std::optional<Range> range;  // Nothing: the members are chosen.
  std::uint64_t count = 0;     // Of the members, if they are chosen.
  std::uint64_t size = 0;      // The checkpoint's.
  std::string verifier_key;
  std::map<std::string, FileEntry, std::less<>> files;
  std::set<std::string, std::less<>> missing_blobs;  // 64 hex digits each.
};
Result<Manifest> parse_manifest(std::string_view text);

struct LogKey {
  ledger::VerifierKey key;
  std::uint64_t from_size = 0;
  std::optional<std::string>
      handover;  // A note; the first key has none, a later one may have lost it.
};
// Oldest first, at least one.
Result<std::vector<LogKey>> parse_keys(std::string_view text);

struct RangeProof {
  std::string peaks;  // 32 bytes each.
  std::vector<Hash> consistency;
};
Result<RangeProof> parse_range_proof(std::string_view line);

struct MemberProof {
  std::uint64_t sequence = 0;
  std::vector<Hash> path;
};
Result<MemberProof> parse_member_proof(std::string_view line);

// `witnesses.json`: the policy's text if there is one, and the witnesses' keys as text.
struct Witnesses {
  std::optional<std::string> policy;
  std::vector<std::string> keys;
};
Result<Witnesses> parse_witnesses(std::string_view text);

}  // namespace assent::verify
