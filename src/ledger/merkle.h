// The Merkle tree that makes a log tamper-evident (RFC 6962 §2.1, unchanged in RFC 9162 §2.1).
//
//   leaf = SHA-256(0x00 ‖ entry)      node = SHA-256(0x01 ‖ left ‖ right)
//
// A tree of n leaves splits at the largest power of two below n, so its left edge
// is made of perfect subtrees that never change again. The tree of seven leaves:
//
//                  root
//            ┌──────┴──────┐
//            a          ┌──┴──┐           a, b and 6 are the peaks: all that a
//         ┌──┴──┐       b     │           Frontier keeps, one for each 1 in
//        ┌┴┐   ┌┴┐     ┌┴┐    │           7 = 111 (binary).
//        0 1   2 3     4 5    6
//
// Everything here is pure: no I/O, no clock, no state outside its arguments.
// Functions are thread-safe; a Frontier is a value for one thread at a time.
#pragma once

#include "base/hash.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent::ledger {

enum class Index : std::uint64_t {};  // Which leaf, from 0: an event's sequence.
enum class Size : std::uint64_t {};   // How many leaves.

constexpr std::uint64_t number(Index index) {
  return static_cast<std::uint64_t>(index);
}
constexpr std::uint64_t number(Size size) {
  return static_cast<std::uint64_t>(size);
}

// Both databases and the Go tools count leaves in a signed 64-bit integer.
constexpr Size kSizeMax{(std::uint64_t{1} << 63) - 1};

// What a checkpoint says of a tree. Two heads of one log either agree or one extends the other.
struct TreeHead {
  Size size{};
  Hash root{};
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// As C2SP writes hashes: 32 bytes in padded base64 (RFC 4648 §4), strictly.
std::optional<Hash> hash_from_text(std::string_view text);

Hash hash_leaf(std::string_view entry);
Hash hash_children(const Hash& left, const Hash& right);
Hash empty_root();  // The root of no leaves: SHA-256 of nothing.

// The perfect subtree of 2^level leaves that begins at leaf index·2^level. Level 0 is the
// leaves; tile n of tlog-tiles' level l holds the nodes 256n to 256n+255 of level 8l.
struct Node {
  unsigned level = 0;
  std::uint64_t index = 0;
  friend bool operator==(const Node&, const Node&) = default;
};

// The right edge of a growing tree: enough to append to it and to know its root.
//
// Holds at most 63 hashes, whatever the size. Copying one is how a writer
// prepares an append that it may have to take back.
class Frontier {
 public:
  Frontier() = default;  // No leaves.

  // The frontier whose peaks_bytes() were kept beside its size; nothing unless
  // there are exactly as many peaks as a tree of that size has. Wrong hashes it
  // cannot notice: compare root() with a signed one before going on.
  static std::optional<Frontier> from(Size size, std::string_view peaks);

  // Adds the leaf with index size(). REQUIRES: size() < kSizeMax.
  void append(const Hash& leaf) { append(leaf, nullptr); }

  // The same; tells of each perfect subtree that the leaf completes, from the lowest. The leaf
  // itself is not told.
  using Completed = std::function<void(const Node&, const Hash&)>;
  void append(const Hash& leaf, const Completed& completed);

  Size size() const { return size_; }
  Hash root() const;
  TreeHead head() const { return {.size = size_, .root = root()}; }

  // The peaks from left to right, 32 bytes each.
  std::string peaks_bytes() const;

  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  Size size_{};
  std::vector<Hash> peaks_;  // The largest, which is the leftmost, first.
};

// The root of the tree of `size` leaves that has `leaf` at `index`, if `path`
// (from the leaf's sibling upwards) is its audit path. Nothing if the path is
// too long or too short for that place. The caller compares the root with a
// signed one: this function cannot say that a proof is good. Nor does the root
// tell the size (one path can fit two), so take both from one signed head.
[[nodiscard]] std::optional<Hash> root_from_path(const Hash& leaf, Index index, Size size,
                                                 std::span<const Hash> path);

// The claim that a log only ever grew between two of its heads.
struct ConsistencyClaim {
  TreeHead older;
  TreeHead newer;
  std::span<const Hash> proof;  // RFC 6962 §2.1.2.
};

// Whether the proof shows that the older tree's leaves are the first of the newer's.
// Every tree extends the empty one and equals itself: both with an empty proof only.
[[nodiscard]] bool verify_consistency(const ConsistencyClaim& claim);

// Where node hashes come from: a table, tiles, or leaves in memory. Called only
// for subtrees that lie wholly within the tree, at most 64 times for a proof's hash.
// Its error is handed to whoever asked for the proof.
using NodeSource = std::function<Result<Hash>(Node)>;

// Answers from leaf hashes by hashing upwards: linear, for tests and small trees.
// The leaves must outlive the source.
NodeSource nodes_of(std::span<const Hash> leaves);

// The audit path of a leaf in the tree of `size` leaves, from the leaf's sibling upwards.
// REQUIRES: index < size.
Result<std::vector<Hash>> inclusion_proof(Index index, Size size, const NodeSource& nodes);
std::vector<Hash> inclusion_proof(std::span<const Hash> leaves, Index index);

// From one size of a log to a later one.
struct Growth {
  Size from{};
  Size to{};
};

// The proof that verify_consistency() wants; empty if nothing grew or it grew from nothing.
// REQUIRES: from <= to.
Result<std::vector<Hash>> consistency_proof(Growth growth, const NodeSource& nodes);
// To the tree of all `leaves`. REQUIRES: from <= leaves.size().
std::vector<Hash> consistency_proof(std::span<const Hash> leaves, Size from);

}  // namespace assent::ledger
