#include "ledger/merkle.h"

#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <random>

namespace assent::ledger {
namespace {

using Leaves = std::span<const Hash>;

// RFC 6962 §2.1 as it is written, to be compared with what merkle.cc makes of it. Nothing is
// shared with merkle.cc but the hash of two children, which the vectors check.
namespace rfc6962 {

std::size_t split(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

Hash mth(Leaves d) {
  if (d.empty()) return sha256({});
  if (d.size() == 1) return d[0];
  const std::size_t k = split(d.size());
  return hash_children(mth(d.first(k)), mth(d.subspan(k)));
}

std::vector<Hash> with(std::vector<Hash> hashes, const Hash& last) {
  hashes.push_back(last);
  return hashes;
}

std::vector<Hash> path(std::size_t m, Leaves d) {
  if (d.size() == 1) return {};
  const std::size_t k = split(d.size());
  if (m < k) return with(path(m, d.first(k)), mth(d.subspan(k)));
  return with(path(m - k, d.subspan(k)), mth(d.first(k)));
}

std::vector<Hash> subproof(std::size_t m, Leaves d, bool is_whole) {
  if (m == d.size()) return is_whole ? std::vector<Hash>{} : std::vector<Hash>{mth(d)};
  const std::size_t k = split(d.size());
  if (m <= k) return with(subproof(m, d.first(k), is_whole), mth(d.subspan(k)));
  return with(subproof(m - k, d.subspan(k), false), mth(d.first(k)));
}

std::vector<Hash> proof(std::size_t m, Leaves d) {
  return subproof(m, d, true);
}

}  // namespace rfc6962

Frontier frontier_of(Leaves leaves) {
  Frontier frontier;
  for (const Hash& leaf : leaves) frontier.append(leaf);
  return frontier;
}

TreeHead head_of(Leaves leaves, std::size_t size) {
  return {.size = Size{size}, .root = rfc6962::mth(leaves.first(size))};
}

Hash flipped(Hash hash, std::size_t bit) {
  hash[bit / 8] = static_cast<std::uint8_t>(hash[bit / 8] ^ (1U << bit % 8));
  return hash;
}

constexpr std::size_t kHashBits = 256;
constexpr std::size_t kSizesCompared =
    130;  // Past 128, so that every shape of a small tree occurs.

// The sizes too large to compare with all others.
std::vector<std::size_t> some_large_sizes() {
  std::vector<std::size_t> sizes = {255, 256, 257, 1023, 1024, 1025, 4096, 5000};
  std::mt19937 random(1);
  for (int i = 0; i < 12; ++i) sizes.push_back(131 + random() % 4870);
  return sizes;
}

TEST(Merkle, TheRootsAreThoseOfTheReferenceTree) {
  const std::array<std::string_view, 8> entries = {
      {{"", 0},
       {"\x00", 1},
       {"\x10", 1},
       {"\x20\x21", 2},
       {"\x30\x31", 2},
       {"\x40\x41\x42\x43", 4},
       {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
       {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16}}};
  const Vectors vectors = load_vectors();
  ASSERT_EQ(vectors.reference_roots.size(), 9U);

  Frontier frontier;
  EXPECT_EQ(frontier.root(), vectors.reference_roots.at(0));
  for (const std::string_view entry : entries) {
    frontier.append(hash_leaf(entry));
    EXPECT_EQ(frontier.root(), vectors.reference_roots.at(number(frontier.size())));
  }
}

TEST(Merkle, TheRootsAreThoseThatGoComputes) {
  const Vectors vectors = load_vectors();
  ASSERT_EQ(vectors.event_roots.size(), 9U);

  Frontier frontier;
  for (const auto& [size, root] : vectors.event_roots) {
    while (number(frontier.size()) < size) {
      frontier.append(hash_leaf(event(number(frontier.size()))));
    }
    EXPECT_EQ(frontier.root(), root) << size;
  }
}

TEST(Merkle, TheProofsAreThoseThatGoComputes) {
  const Vectors vectors = load_vectors();
  const std::vector<Hash> leaves = event_leaves(70000);
  EXPECT_EQ(inclusion_proof(leaves, Index{12345}), vectors.inclusion);
  EXPECT_EQ(consistency_proof(leaves, Size{1000}), vectors.consistency);

  EXPECT_EQ(root_from_path(leaves[12345], Index{12345}, Size{70000}, vectors.inclusion),
            vectors.event_roots.at(70000));
  EXPECT_TRUE(
      verify_consistency({.older = {.size = Size{1000}, .root = vectors.event_roots.at(1000)},
                          .newer = {.size = Size{70000}, .root = vectors.event_roots.at(70000)},
                          .proof = vectors.consistency}));
}

// A Node is what a tile stores: tile n of level L holds the nodes 256n… of tree level 8L.
TEST(Merkle, TheNodesAreThoseOfTheTilesThatGoComputes) {
  struct Place {
    std::string_view path;
    unsigned level;
    std::uint64_t first;
  };
  constexpr std::array kPlaces = {
      Place{"tile/0/000", 0, 0},      Place{"tile/0/273.p/112", 0, 273 * 256},
      Place{"tile/1/000", 8, 0},      Place{"tile/1/001.p/17", 8, 256},
      Place{"tile/2/000.p/1", 16, 0},
  };
  const Vectors vectors = load_vectors();
  ASSERT_EQ(vectors.tiles.size(), kPlaces.size());
  const std::vector<Hash> leaves = event_leaves(70000);
  const NodeSource nodes = nodes_of(leaves);

  for (std::size_t i = 0; i < kPlaces.size(); ++i) {
    ASSERT_EQ(vectors.tiles[i].path, kPlaces[i].path);
    std::string tile;
    for (std::uint64_t n = 0; tile.size() < vectors.tiles[i].bytes; ++n) {
      tile += as_bytes(*nodes({.level = kPlaces[i].level, .index = kPlaces[i].first + n}));
    }
    EXPECT_EQ(sha256(tile), vectors.tiles[i].sha256) << kPlaces[i].path;
  }
}

// Says nothing of our code, but that the vectors' log is the one that event() makes.
TEST(Merkle, TheEntryBundlesAreThoseOfTheVectors) {
  const std::array<std::uint64_t, 2> first = {0, 273 * 256};
  const std::array<std::uint64_t, 2> count = {256, 112};
  const Vectors vectors = load_vectors();
  ASSERT_EQ(vectors.bundles.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    std::string bundle;
    for (std::uint64_t n = first[i]; n < first[i] + count[i]; ++n) {
      bundle += '\0';
      bundle += static_cast<char>(event(n).size());
      bundle += event(n);
    }
    EXPECT_EQ(bundle.size(), vectors.bundles[i].bytes);
    EXPECT_EQ(sha256(bundle), vectors.bundles[i].sha256);
  }
}

TEST(Merkle, EverySmallTreeHasTheRootOfTheReference) {
  const std::vector<Hash> leaves = event_leaves(kSizesCompared);
  Frontier frontier;
  for (std::size_t size = 0; size <= kSizesCompared; ++size) {
    EXPECT_EQ(frontier.head(), head_of(leaves, size)) << size;
    if (size < leaves.size()) frontier.append(leaves[size]);
  }
}

TEST(Merkle, EveryInclusionProofOfASmallTreeIsThatOfTheReference) {
  const std::vector<Hash> all = event_leaves(kSizesCompared);
  for (std::size_t size = 1; size <= kSizesCompared; ++size) {
    const Leaves leaves = Leaves(all).first(size);
    const Hash root = rfc6962::mth(leaves);
    for (std::size_t i = 0; i < size; ++i) {
      const std::vector<Hash> path = inclusion_proof(leaves, Index{i});
      ASSERT_EQ(path, rfc6962::path(i, leaves)) << i << " in " << size;
      ASSERT_EQ(root_from_path(leaves[i], Index{i}, Size{size}, path), root) << i << " in " << size;
    }
  }
}

TEST(Merkle, EveryConsistencyProofOfASmallTreeIsThatOfTheReference) {
  const std::vector<Hash> all = event_leaves(kSizesCompared);
  std::vector<TreeHead> heads;
  for (std::size_t size = 0; size <= kSizesCompared; ++size) heads.push_back(head_of(all, size));

  for (std::size_t newer = 1; newer <= kSizesCompared; ++newer) {
    const Leaves leaves = Leaves(all).first(newer);
    EXPECT_TRUE(consistency_proof(leaves, Size{0}).empty());
    for (std::size_t older = 1; older <= newer; ++older) {
      const std::vector<Hash> proof = consistency_proof(leaves, Size{older});
      ASSERT_EQ(proof, rfc6962::proof(older, leaves)) << older << " to " << newer;
      ASSERT_TRUE(
          verify_consistency({.older = heads[older], .newer = heads[newer], .proof = proof}))
          << older << " to " << newer;
    }
  }
}

TEST(Merkle, LargeTreesAgreeWithTheReference) {
  const std::vector<Hash> all = event_leaves(5000);
  std::mt19937 random(2);
  for (const std::size_t size : some_large_sizes()) {
    const Leaves leaves = Leaves(all).first(size);
    const TreeHead head = head_of(all, size);
    EXPECT_EQ(frontier_of(leaves).head(), head) << size;

    const std::size_t i = random() % size;
    const std::vector<Hash> path = inclusion_proof(leaves, Index{i});
    EXPECT_EQ(path, rfc6962::path(i, leaves)) << i << " in " << size;
    EXPECT_EQ(root_from_path(leaves[i], Index{i}, Size{size}, path), head.root);

    const std::size_t older = 1 + random() % size;
    const std::vector<Hash> proof = consistency_proof(leaves, Size{older});
    EXPECT_EQ(proof, rfc6962::proof(older, leaves)) << older << " to " << size;
    EXPECT_TRUE(verify_consistency({.older = head_of(all, older), .newer = head, .proof = proof}));
  }
}

TEST(Merkle, AFrontierSurvivesBeingStored) {
  const std::vector<Hash> leaves = event_leaves(kSizesCompared);
  Frontier frontier;
  for (const Hash& leaf : leaves) {
    const auto stored = Frontier::from(frontier.size(), frontier.peaks_bytes());
    ASSERT_TRUE(stored.has_value());
    EXPECT_EQ(*stored, frontier);
    frontier = *stored;
    frontier.append(leaf);
  }
  EXPECT_EQ(frontier, frontier_of(leaves));
}

TEST(Merkle, AFrontierOfTheWrongShapeIsRefused) {
  const std::string peak(32, 'p');
  EXPECT_TRUE(Frontier::from(Size{0}, ""));
  EXPECT_TRUE(Frontier::from(Size{8}, peak));
  EXPECT_TRUE(Frontier::from(Size{6}, peak + peak));
  EXPECT_FALSE(Frontier::from(Size{0}, peak));
  EXPECT_FALSE(Frontier::from(Size{8}, ""));
  EXPECT_FALSE(Frontier::from(Size{8}, peak + peak));
  EXPECT_FALSE(Frontier::from(Size{6}, peak));
  EXPECT_FALSE(Frontier::from(Size{8}, peak.substr(1)));
  EXPECT_FALSE(Frontier::from(Size{8}, peak + "p"));
}

TEST(Merkle, AFrontierStopsAtTheLargestSize) {
  std::string peaks(63 * 32, 'p');
  auto full = Frontier::from(kSizeMax, peaks);
  ASSERT_TRUE(full.has_value());
  EXPECT_FALSE(Frontier::from(Size{number(kSizeMax) + 1}, peaks.substr(0, 32)));
  EXPECT_DEATH(full->append(Hash{}), "CHECK failed");
}

TEST(Merkle, EveryFlippedBitOfAnInclusionProofIsNoticed) {
  const std::vector<Hash> leaves = event_leaves(13);
  const Hash root = rfc6962::mth(leaves);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    std::vector<Hash> path = inclusion_proof(leaves, Index{i});
    for (std::size_t bit = 0; bit < kHashBits; ++bit) {
      EXPECT_NE(root_from_path(flipped(leaves[i], bit), Index{i}, Size{13}, path), root);
      for (Hash& hash : path) {
        hash = flipped(hash, bit);
        EXPECT_NE(root_from_path(leaves[i], Index{i}, Size{13}, path), root);
        hash = flipped(hash, bit);
      }
    }
  }
}

TEST(Merkle, AnInclusionProofFitsOneIndexOnly) {
  const std::vector<Hash> leaves = event_leaves(70);
  const Hash root = rfc6962::mth(leaves);
  for (std::size_t proven = 0; proven < leaves.size(); ++proven) {
    const std::vector<Hash> path = inclusion_proof(leaves, Index{proven});
    for (std::size_t claimed = 0; claimed < 2 * leaves.size(); ++claimed) {
      const auto found = root_from_path(leaves[proven], Index{claimed}, Size{70}, path);
      EXPECT_EQ(found == root, claimed == proven) << proven << " as " << claimed;
    }
  }
}

TEST(Merkle, AnInclusionProofOfTheWrongLengthIsRefused) {
  const std::vector<Hash> all = event_leaves(kSizesCompared);
  for (std::size_t size = 1; size <= kSizesCompared; ++size) {
    const Leaves leaves = Leaves(all).first(size);
    for (std::size_t i = 0; i < size; i += 1 + i / 8) {
      std::vector<Hash> path = inclusion_proof(leaves, Index{i});
      path.push_back(Hash{});
      EXPECT_FALSE(root_from_path(leaves[i], Index{i}, Size{size}, path));
      path.pop_back();
      if (path.empty()) continue;
      path.pop_back();
      EXPECT_FALSE(root_from_path(leaves[i], Index{i}, Size{size}, path));
    }
  }
  EXPECT_FALSE(root_from_path(Hash{}, Index{0}, Size{0}, {}));
  EXPECT_FALSE(root_from_path(Hash{}, Index{7}, Size{7}, std::vector<Hash>(3)));
}

TEST(Merkle, EveryFlippedBitOfAConsistencyProofIsNoticed) {
  const std::vector<Hash> leaves = event_leaves(13);
  const TreeHead newer = head_of(leaves, 13);
  for (std::size_t size = 1; size < 13; ++size) {
    const TreeHead older = head_of(leaves, size);
    std::vector<Hash> proof = consistency_proof(leaves, Size{size});
    const auto holds_for = [&proof](const TreeHead& a, const TreeHead& b) {
      return verify_consistency({.older = a, .newer = b, .proof = proof});
    };
    ASSERT_TRUE(holds_for(older, newer));
    for (std::size_t bit = 0; bit < kHashBits; ++bit) {
      EXPECT_FALSE(holds_for({older.size, flipped(older.root, bit)}, newer));
      EXPECT_FALSE(holds_for(older, {newer.size, flipped(newer.root, bit)}));
      for (Hash& hash : proof) {
        hash = flipped(hash, bit);
        EXPECT_FALSE(holds_for(older, newer));
        hash = flipped(hash, bit);
      }
    }
  }
}

TEST(Merkle, AConsistencyProofOfTheWrongLengthIsRefused) {
  const std::vector<Hash> all = event_leaves(70);
  for (std::size_t size = 1; size <= all.size(); ++size) {
    const Leaves leaves = Leaves(all).first(size);
    for (std::size_t older = 0; older <= size; ++older) {
      std::vector<Hash> proof = consistency_proof(leaves, Size{older});
      const auto holds = [&] {
        return verify_consistency(
            {.older = head_of(all, older), .newer = head_of(all, size), .proof = proof});
      };
      ASSERT_TRUE(holds());
      proof.push_back(Hash{});
      EXPECT_FALSE(holds()) << older << " to " << size;
      proof.pop_back();
      if (proof.empty()) continue;
      proof.pop_back();
      EXPECT_FALSE(holds()) << older << " to " << size;
    }
  }
}

TEST(Merkle, ALogThatChangedItsPastIsNotConsistent) {
  const std::vector<Hash> leaves = event_leaves(40);
  for (std::size_t changed = 0; changed < 20; ++changed) {
    std::vector<Hash> forked = leaves;
    forked[changed] = hash_leaf("something else");
    EXPECT_FALSE(verify_consistency({.older = head_of(leaves, 20),
                                     .newer = head_of(forked, 40),
                                     .proof = consistency_proof(forked, Size{20})}));
    EXPECT_FALSE(verify_consistency({.older = head_of(leaves, 20),
                                     .newer = head_of(forked, 40),
                                     .proof = consistency_proof(leaves, Size{20})}));
  }
}

TEST(Merkle, ALogNeverShrinks) {
  const std::vector<Hash> leaves = event_leaves(8);
  EXPECT_FALSE(verify_consistency({.older = head_of(leaves, 8),
                                   .newer = head_of(leaves, 7),
                                   .proof = consistency_proof(leaves, Size{7})}));
  EXPECT_FALSE(
      verify_consistency({.older = head_of(leaves, 8), .newer = head_of(leaves, 0), .proof = {}}));

  // One root under two sizes, which a walk that trusted the sizes would take for growth.
  const TreeHead older = head_of(leaves, 8);
  EXPECT_FALSE(verify_consistency(
      {.older = older, .newer = {.size = Size{7}, .root = older.root}, .proof = {}}));
}

TEST(Merkle, EqualSizesNeedEqualRoots) {
  const std::vector<Hash> leaves = event_leaves(8);
  const TreeHead head = head_of(leaves, 8);
  const TreeHead other = {.size = head.size, .root = flipped(head.root, 0)};
  EXPECT_TRUE(verify_consistency({.older = head, .newer = head, .proof = {}}));
  EXPECT_FALSE(verify_consistency({.older = head, .newer = other, .proof = {}}));
}

TEST(Merkle, OnlyTheTrueEmptyTreeIsExtendedByEveryTree) {
  const std::vector<Hash> leaves = event_leaves(8);
  const TreeHead newer = head_of(leaves, 8);
  EXPECT_TRUE(verify_consistency({.older = Frontier().head(), .newer = newer, .proof = {}}));
  EXPECT_FALSE(
      verify_consistency({.older = {.size = Size{0}, .root = {}}, .newer = newer, .proof = {}}));
}

// The attacks that the two prefixes of RFC 6962 are there against.
TEST(Merkle, ANodeDoesNotPassForAnEntry) {
  const std::vector<Hash> leaves = event_leaves(4);
  const Hash left = hash_children(leaves[0], leaves[1]);
  const Hash right = hash_children(leaves[2], leaves[3]);
  const std::string children = std::string(as_bytes(leaves[0])) + std::string(as_bytes(leaves[1]));
  EXPECT_NE(hash_leaf(children), left);
  EXPECT_NE(hash_leaf("\x01" + children), left);

  // With the size that is signed there is no place for a path that starts at a node.
  const std::vector<Hash> path = {right};
  EXPECT_FALSE(root_from_path(left, Index{0}, Size{4}, path));
  EXPECT_FALSE(root_from_path(left, Index{1}, Size{4}, path));
}

// Bitcoin's CVE-2012-2459: a tree that doubles a lone leaf has one root for two logs.
TEST(Merkle, ALoneLeafIsNotDoubled) {
  std::vector<Hash> leaves = event_leaves(3);
  const Hash three = frontier_of(leaves).root();
  leaves.push_back(leaves.back());
  EXPECT_NE(frontier_of(leaves).root(), three);
}

TEST(Merkle, TheOrderOfChildrenMatters) {
  const std::vector<Hash> leaves = event_leaves(2);
  EXPECT_NE(hash_children(leaves[0], leaves[1]), hash_children(leaves[1], leaves[0]));
}

// A log of equal leaves: the node of a level is the same everywhere, so a tree of any size can
// be answered for without being built.
class EqualLeaves {
 public:
  EqualLeaves() : nodes_{hash_leaf("same")} {
    while (nodes_.size() < 63) nodes_.push_back(hash_children(nodes_.back(), nodes_.back()));
  }
  NodeSource nodes() const {
    return [this](Node node) -> Result<Hash> { return nodes_.at(node.level); };
  }
  TreeHead head(Size size) const {
    std::string peaks;
    for (int level = 62; level >= 0; --level) {
      if (number(size) >> level & 1) peaks += as_bytes(nodes_[static_cast<std::size_t>(level)]);
    }
    return Frontier::from(size, peaks)->head();
  }

 private:
  std::vector<Hash> nodes_;
};

TEST(Merkle, ProofsOfAstronomicTreesHold) {
  const EqualLeaves log;
  const std::array sizes = {Size{(std::uint64_t{1} << 62) - 1}, Size{std::uint64_t{1} << 62},
                            Size{(std::uint64_t{1} << 62) + 12345}, kSizeMax};
  for (const Size size : sizes) {
    for (const std::uint64_t index : {std::uint64_t{0}, number(size) / 3, number(size) - 1}) {
      const auto path = inclusion_proof(Index{index}, size, log.nodes());
      ASSERT_TRUE(path.has_value());
      EXPECT_EQ(root_from_path(hash_leaf("same"), Index{index}, size, *path), log.head(size).root);
    }
    for (const std::uint64_t older : {std::uint64_t{1}, number(size) / 3, number(size) - 1}) {
      const auto proof = consistency_proof({.from = Size{older}, .to = size}, log.nodes());
      ASSERT_TRUE(proof.has_value());
      EXPECT_TRUE(verify_consistency(
          {.older = log.head(Size{older}), .newer = log.head(size), .proof = *proof}));
      EXPECT_LE(proof->size(), 63U);  // What the witness protocol allows.
    }
  }
}

TEST(Merkle, ProofsAskOnlyForNodesWithinTheTree) {
  const std::vector<Hash> leaves = event_leaves(kSizesCompared);
  for (std::uint64_t size = 1; size <= kSizesCompared; ++size) {
    const NodeSource within = [&](Node node) -> Result<Hash> {
      EXPECT_LE((node.index + 1) << node.level, size);
      return nodes_of(leaves)(node);
    };
    for (std::uint64_t i = 0; i < size; i += 7) {
      EXPECT_TRUE(inclusion_proof(Index{i}, Size{size}, within).has_value());
      EXPECT_TRUE(consistency_proof({.from = Size{i}, .to = Size{size}}, within).has_value());
    }
  }
}

TEST(Merkle, AnUnreadableNodeIsAnError) {
  const NodeSource broken = [](Node) -> Result<Hash> {
    return Error{Code::unavailable, "The disk is gone."};
  };
  EXPECT_EQ(inclusion_proof(Index{3}, Size{7}, broken).error().code, Code::unavailable);
  EXPECT_EQ(consistency_proof({.from = Size{3}, .to = Size{7}}, broken).error().code,
            Code::unavailable);
}

}  // namespace
}  // namespace assent::ledger
