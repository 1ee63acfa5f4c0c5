#include "store/proofs/tree.h"

#include "ledger/tile.h"
#include "store/read.h"

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace assent::store {

namespace {

using ledger::kTileHeight;
constexpr std::uint64_t kTileWidth = ledger::kTileWidth;
// How many tiles a source remembers: 16 KiB each.
constexpr std::size_t kTilesMax = 256;

constexpr std::string_view kLeaves = R"sql(
  SELECT position, leaf
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

constexpr std::string_view kNodes = R"sql(
  SELECT position, hash
    FROM nodes
   WHERE tenant = $1 AND level = $2 AND position >= $3 AND position < $4
   ORDER BY position)sql";

constexpr std::string_view kAddNode = R"sql(
  INSERT INTO nodes (tenant, level, position, hash)
       VALUES ($1, $2, $3, $4))sql";

constexpr std::string_view kAddMissingNode = R"sql(
  INSERT INTO nodes (tenant, level, position, hash)
       VALUES ($1, $2, $3, $4)
  ON CONFLICT DO NOTHING)sql";

constexpr std::string_view kCount = R"sql(
  SELECT COUNT(*)
    FROM nodes
   WHERE tenant = $1)sql";

Error missing(const char* what) {
  return {Code::corrupt, std::string(what) + " of the log's tree is missing or no hash"};
}

// The hashes of one tile, and of the perfect subtrees that they make within it.
class Tile {
 public:
  std::uint64_t width() const { return rows_.front().size(); }

  // Adds the hashes that follow.
  void extend(const std::vector<Hash>& hashes) {
    rows_.front().insert(rows_.front().end(), hashes.begin(), hashes.end());
    for (unsigned height = 1; height <= kTileHeight; ++height) {
      const std::vector<Hash>& below = rows_[height - 1];
      std::vector<Hash>& row = rows_[height];
      for (std::size_t i = 2 * row.size(); i + 1 < below.size(); i += 2) {
        row.push_back(ledger::hash_children(below[i], below[i + 1]));
      }
    }
  }

  // Null: the tile is not so wide yet.
  const Hash* at(unsigned height, std::uint64_t offset) const {
    if (offset >= rows_[height].size()) return nullptr;
    return &rows_[height][offset];
  }

 private:
  std::array<std::vector<Hash>, kTileHeight + 1> rows_;  // Of height 0 upwards.
};

class StoredTree {
 public:
  StoredTree(Connection& connection, TenantNumber tenant)
      : connection_(&connection), tenant_(tenant) {}

  Result<Hash> node(ledger::Node node) {
    const unsigned height = node.level % kTileHeight;
    const unsigned shift = kTileHeight - height;
    const Place place{.level = node.level / kTileHeight, .index = node.index >> shift};
    const std::uint64_t offset = node.index & ((std::uint64_t{1} << shift) - 1);
    // A tile at the log's edge may have grown since it was read.
    for (const bool is_fresh : {false, true}) {
      const Tile& tile = *TRY(this->tile(place, is_fresh));
      if (const Hash* hash = tile.at(height, offset)) return *hash;
    }
    return missing("a node");
  }

 private:
  struct Place {
    unsigned level = 0;
    std::uint64_t index = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  Result<const Tile*> tile(const Place& place, bool is_fresh) {
    if (tiles_.size() >= kTilesMax && !tiles_.contains(place)) tiles_.clear();
    const auto [found, is_new] = tiles_.try_emplace(place);
    Tile& tile = found->second;
    if (is_new || is_fresh) tile.extend(TRY(hashes_beyond(place, tile.width())));
    return &tile;
  }

  Result<std::vector<Hash>> hashes_beyond(const Place& place, std::uint64_t width) {
    const std::uint64_t begin = place.index * kTileWidth + width;
    const std::uint64_t end = (place.index + 1) * kTileWidth;
    if (place.level == 0) {
      return hashes(TRY(connection_->query(
                        kLeaves, {position_of(tenant_, begin), position_of(tenant_, end)})),
                    position_of(tenant_, begin));
    }
    return hashes(TRY(connection_->query(
                      kNodes, {static_cast<std::int64_t>(tenant_), std::int64_t{place.level},
                               static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)})),
                  static_cast<std::int64_t>(begin));
  }

  // The hashes in the rows, which must be about `next` and those after it.
  static Result<std::vector<Hash>> hashes(const std::unique_ptr<Rows>& rows, std::int64_t next) {
    std::vector<Hash> all;
    while (TRY(rows->next())) {
      const auto hash = hash_from_bytes(rows->bytes(1));
      if (rows->integer(0) != next || !hash) return missing("a hash");
      all.push_back(*hash);
      ++next;
    }
    return all;
  }

  Connection* connection_;  // Never null.
  TenantNumber tenant_;
  std::map<Place, Tile> tiles_;
};

struct StoredNode {
  ledger::Node node;
  Hash hash{};
};

// The nodes for the table that appending the leaf completes, from the lowest.
std::vector<StoredNode> append(ledger::Frontier& frontier, const Hash& leaf) {
  std::vector<StoredNode> completed;
  frontier.append(leaf, [&](const ledger::Node& node, const Hash& hash) {
    if (node.level % kTileHeight == 0) completed.push_back({.node = node, .hash = hash});
  });
  return completed;
}

Result<void> add_nodes(Connection& connection, std::string_view sql, TenantNumber tenant,
                       const std::vector<StoredNode>& completed) {
  for (const auto& [node, hash] : completed) {
    TRY(connection.run(sql, {static_cast<std::int64_t>(tenant),
                             static_cast<std::int64_t>(node.level / kTileHeight),
                             static_cast<std::int64_t>(node.index), Bytes{as_bytes(hash)}}));
  }
  return {};
}

Result<void> add_missing(Connection& connection, TenantNumber tenant, std::uint64_t size) {
  ledger::Frontier frontier;
  const auto rows =
      TRY(connection.query(kLeaves, {position_of(tenant, 0), position_of(tenant, size)}));
  while (TRY(rows->next())) {
    const auto leaf = hash_from_bytes(rows->bytes(1));
    if (!leaf) return missing("a leaf");
    TRY(add_nodes(connection, kAddMissingNode, tenant, append(frontier, *leaf)));
  }
  if (ledger::number(frontier.size()) != size) return missing("a leaf");
  return {};
}

}  // namespace

ledger::NodeSource stored_nodes(Connection& connection, TenantNumber tenant) {
  return [tree = StoredTree(connection, tenant)](ledger::Node node) mutable {
    return tree.node(node);
  };
}

Result<void> grow_tree(Connection& connection, TenantNumber tenant, ledger::Frontier& frontier,
                       const Hash& leaf) {
  return add_nodes(connection, kAddNode, tenant, append(frontier, leaf));
}

Result<void> complete_tree(Connection& connection, TenantNumber tenant, std::uint64_t size) {
  std::uint64_t wanted = 0;
  for (std::uint64_t level = size; (level >>= kTileHeight) != 0;) wanted += level;
  {
    const auto rows = TRY(connection.query(kCount, {static_cast<std::int64_t>(tenant)}));
    TRY(rows->next());
    if (static_cast<std::uint64_t>(rows->integer(0)) == wanted) return {};
  }
  TRY(connection.begin());
  auto added = add_missing(connection, tenant, size);
  if (added) added = connection.commit();
  if (!added) connection.rollback();
  return added;
}

}  // namespace assent::store
