#include "store/bundle/leaf_nodes.h"

#include "store/read.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace assent::store {
namespace {

constexpr unsigned kBlockLevel = 8;
constexpr std::uint64_t kBlockLeaves = std::uint64_t{1} << kBlockLevel;

constexpr std::string_view kLeaves = R"sql(
  SELECT position, leaf
    FROM events
   WHERE position >= $1 AND position < $2
   ORDER BY position)sql";

class LeafNodes {
 public:
  LeafNodes(Connection& connection, TenantNumber tenant)
      : connection_(connection), tenant_(tenant) {}

  Result<Hash> node(ledger::Node node) {
    if (node.level < kBlockLevel) return node_of_block(node);
    const auto key = std::pair(node.level, node.index);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    const Hash hash = TRY(made(node));
    known_.emplace(key, hash);
    return hash;
  }

 private:
  Result<Hash> made(ledger::Node node) {
    if (node.level == kBlockLevel) return node_of_block(node);
    const Hash left = TRY(this->node({.level = node.level - 1, .index = node.index * 2}));
    const Hash right = TRY(this->node({.level = node.level - 1, .index = node.index * 2 + 1}));
    return ledger::hash_children(left, right);
  }

  Result<Hash> node_of_block(ledger::Node node) {
    const unsigned above = kBlockLevel - node.level;
    TRY(read_block(node.index >> above));
    const std::uint64_t index = node.index & ((std::uint64_t{1} << above) - 1);
    const std::vector<Hash>& level = block_[node.level];
    if (index < level.size()) return level[index];
    return Error{Code::corrupt, "event " + std::to_string((node.index + 1) << node.level) +
                                    " of the log, or one shortly before it, is missing"};
  }

  // All levels of the block, as far as the log has them.
  Result<void> read_block(std::uint64_t number) {
    if (!block_.empty() && number == number_) return {};
    block_.assign(1, {});
    const std::uint64_t begin = number * kBlockLeaves;
    const auto rows = TRY(connection_.query(
        kLeaves, {position_of(tenant_, begin), position_of(tenant_, begin + kBlockLeaves)}));
    std::vector<Hash>& leaves = block_.front();
    while (TRY(rows->next()) && rows->integer(0) == position_of(tenant_, begin + leaves.size())) {
      const auto leaf = hash_from_bytes(rows->bytes(1));
      if (!leaf) break;
      leaves.push_back(*leaf);
    }
    for (unsigned level = 0; level < kBlockLevel; ++level) {
      std::vector<Hash> parents;
      for (std::size_t i = 1; i < block_[level].size(); i += 2) {
        parents.push_back(ledger::hash_children(block_[level][i - 1], block_[level][i]));
      }
      block_.push_back(std::move(parents));
    }
    number_ = number;
    return {};
  }

  Connection& connection_;
  TenantNumber tenant_;
  std::map<std::pair<unsigned, std::uint64_t>, Hash> known_;  // From kBlockLevel upwards.
  std::uint64_t number_ = 0;                                  // Of the block.
  std::vector<std::vector<Hash>> block_;                      // By level; empty: none was read.
};

}  // namespace

ledger::NodeSource leaf_nodes(Connection& connection, TenantNumber tenant) {
  auto nodes = std::make_shared<LeafNodes>(connection, tenant);
  return [nodes](ledger::Node node) { return nodes->node(node); };
}

}  // namespace assent::store
