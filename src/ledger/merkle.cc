#include "ledger/merkle.h"

#include "base/text.h"

#include <algorithm>
#include <bit>

namespace assent::ledger {
namespace {

// The two prefixes keep a leaf from passing for a node: without them an attacker could
// present the two hashes under a node as an entry of the log (RFC 6962 §2.1).
constexpr std::uint8_t kLeafPrefix = 0x00;
constexpr std::uint8_t kNodePrefix = 0x01;

// The leaves [begin, end). Every Range here comes from splitting a whole tree, so that the
// perfect subtrees it begins with are nodes of that tree.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  // RFC 6962's k: the largest power of two smaller than the range. REQUIRES: size() > 1.
  std::uint64_t split() const { return begin + std::bit_floor(size() - 1); }
};

// MTH of the range. Its perfect subtrees are read left to right and merged right to left.
Result<Hash> hash_range(Range range, const NodeSource& nodes) {
  std::vector<Hash> peaks;
  while (range.size() > 0) {
    const std::uint64_t width = std::bit_floor(range.size());
    peaks.push_back(TRY(nodes(
        {.level = static_cast<unsigned>(std::countr_zero(width)), .index = range.begin / width})));
    range.begin += width;
  }
  Hash hash = peaks.back();
  for (peaks.pop_back(); !peaks.empty(); peaks.pop_back()) hash = hash_children(peaks.back(), hash);
  return hash;
}

Hash hash_perfect(std::span<const Hash> leaves) {
  if (leaves.size() == 1) return leaves.front();
  const std::size_t half = leaves.size() / 2;
  return hash_children(hash_perfect(leaves.first(half)), hash_perfect(leaves.subspan(half)));
}

}  // namespace

std::optional<Hash> hash_from_text(std::string_view text) {
  const auto bytes = from_base64(text);
  return bytes ? hash_from_bytes(*bytes) : std::nullopt;
}

Hash hash_leaf(std::string_view entry) {
  return sha256_prefixed(kLeafPrefix, entry);
}

Hash hash_children(const Hash& left, const Hash& right) {
  return sha256_prefixed(kNodePrefix, as_bytes(left), as_bytes(right));
}

Hash empty_root() {
  return sha256({});
}

std::optional<Frontier> Frontier::from(Size size, std::string_view peaks) {
  constexpr std::size_t kHashBytes = sizeof(Hash);
  if (size > kSizeMax) return std::nullopt;
  const auto count = static_cast<std::size_t>(std::popcount(number(size)));
  if (peaks.size() != count * kHashBytes) return std::nullopt;

  Frontier frontier;
  frontier.size_ = size;
  for (; !peaks.empty(); peaks.remove_prefix(kHashBytes)) {
    frontier.peaks_.push_back(*hash_from_bytes(peaks.substr(0, kHashBytes)));
  }
  return frontier;
}

// Like adding one to a binary number: each carry merges two equal subtrees.
void Frontier::append(const Hash& leaf, const Completed& completed) {
  CHECK(size_ < kSizeMax);
  Hash hash = leaf;
  unsigned level = 0;
  for (std::uint64_t carry = number(size_); carry % 2 == 1; carry /= 2) {
    hash = hash_children(peaks_.back(), hash);
    peaks_.pop_back();
    ++level;
    if (completed) completed({.level = level, .index = carry / 2}, hash);
  }
  peaks_.push_back(hash);
  size_ = Size{number(size_) + 1};
}

Hash Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Hash hash = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i > 0; --i) hash = hash_children(peaks_[i - 1], hash);
  return hash;
}

std::string Frontier::peaks_bytes() const {
  std::string bytes;
  bytes.reserve(peaks_.size() * sizeof(Hash));
  for (const Hash& peak : peaks_) bytes += as_bytes(peak);
  return bytes;
}

std::optional<Hash> root_from_path(const Hash& leaf, Index index, Size size,
                                   std::span<const Hash> path) {
  std::uint64_t node = number(index);
  if (node >= number(size)) return std::nullopt;

  Hash hash = leaf;
  for (std::uint64_t last = number(size) - 1; last > 0; node /= 2, last /= 2) {
    const bool is_right = node % 2 == 1;
    const bool is_lone = !is_right && node == last;
    if (is_lone) continue;  // No sibling: RFC 6962 promotes it unchanged.

    if (path.empty()) return std::nullopt;
    hash = is_right ? hash_children(path.front(), hash) : hash_children(hash, path.front());
    path = path.subspan(1);
  }
  if (!path.empty()) return std::nullopt;
  return hash;
}

// RFC 9162 §2.1.4.2, which spells out the algorithm that RFC 6962 leaves to the reader. One walk
// up the path rebuilds both roots: hashes on the left belong to both trees, those on the right
// to the newer one only.
bool verify_consistency(const ConsistencyClaim& claim) {
  const auto& [older, newer, proof] = claim;
  if (older.size > newer.size) return false;
  if (older.size == newer.size) return proof.empty() && older.root == newer.root;
  if (older.size == Size{0}) return proof.empty() && older.root == empty_root();

  std::uint64_t node = number(older.size) - 1;
  std::uint64_t last = number(newer.size) - 1;
  const int full_levels = std::countr_one(node);
  node >>= full_levels;
  last >>= full_levels;

  // The walk begins at the older tree's last peak. When that is the whole older tree, its hash
  // is the root that we hold already and the proof omits it.
  std::span<const Hash> path = proof;
  Hash start = older.root;
  if (node != 0) {
    if (path.empty()) return false;
    start = path.front();
    path = path.subspan(1);
  }

  Hash older_hash = start;
  Hash newer_hash = start;
  for (; last > 0; node /= 2, last /= 2) {
    const bool is_right = node % 2 == 1;
    const bool is_lone = !is_right && node == last;
    if (is_lone) continue;

    if (path.empty()) return false;
    if (is_right) {
      older_hash = hash_children(path.front(), older_hash);
      newer_hash = hash_children(path.front(), newer_hash);
    } else {
      newer_hash = hash_children(newer_hash, path.front());
    }
    path = path.subspan(1);
  }
  return path.empty() && older_hash == older.root && newer_hash == newer.root;
}

NodeSource nodes_of(std::span<const Hash> leaves) {
  return [leaves](Node node) -> Result<Hash> {
    const std::size_t width = std::size_t{1} << node.level;
    return hash_perfect(leaves.subspan(node.index * width, width));
  };
}

// RFC 6962 §2.1.1, PATH(m, D[n]), from the root downwards; the path is wanted upwards.
Result<std::vector<Hash>> inclusion_proof(Index index, Size size, const NodeSource& nodes) {
  CHECK(number(index) < number(size));
  std::vector<Hash> path;
  Range tree{.begin = 0, .end = number(size)};
  while (tree.size() > 1) {
    const Range left{.begin = tree.begin, .end = tree.split()};
    const Range right{.begin = tree.split(), .end = tree.end};
    const bool is_left = number(index) < left.end;
    path.push_back(TRY(hash_range(is_left ? right : left, nodes)));
    tree = is_left ? left : right;
  }
  std::ranges::reverse(path);
  return path;
}

std::vector<Hash> inclusion_proof(std::span<const Hash> leaves, Index index) {
  return inclusion_proof(index, Size{leaves.size()}, nodes_of(leaves)).value();
}

// RFC 6962 §2.1.2, SUBPROOF(m, D[n], b), from the root downwards, until the older tree's last
// peak is reached. It is left out if it is the whole older tree, whose root the verifier holds.
Result<std::vector<Hash>> consistency_proof(Growth growth, const NodeSource& nodes) {
  const std::uint64_t from = number(growth.from);
  CHECK(growth.from <= growth.to);
  std::vector<Hash> proof;
  if (from == 0) return proof;

  Range tree{.begin = 0, .end = number(growth.to)};
  while (tree.end != from) {
    const Range left{.begin = tree.begin, .end = tree.split()};
    const Range right{.begin = tree.split(), .end = tree.end};
    const bool is_left = from <= left.end;
    proof.push_back(TRY(hash_range(is_left ? right : left, nodes)));
    tree = is_left ? left : right;
  }
  if (tree.begin != 0) proof.push_back(TRY(hash_range(tree, nodes)));
  std::ranges::reverse(proof);
  return proof;
}

std::vector<Hash> consistency_proof(std::span<const Hash> leaves, Size from) {
  return consistency_proof({.from = from, .to = Size{leaves.size()}}, nodes_of(leaves)).value();
}

}  // namespace assent::ledger
