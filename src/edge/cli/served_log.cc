#include "edge/cli/served_log.h"

#include <algorithm>

namespace assent::cli {

namespace {

using ledger::kTileHeight;
using ledger::kTileWidth;

Error malformed(const ledger::TilePath& tile) {
  return {Code::corrupt,
          "the server's page tile/" + ledger::format_tile_path(tile) + " is malformed"};
}

}  // namespace

Error error_of(const HttpReply& reply, const std::string& what) {
  const std::string said = what + ": the server answers " + std::to_string(reply.status);
  switch (reply.status) {
    case 401:
      return {Code::unauthenticated, said + " (is ASSENT_KEY set?)"};
    case 403:
      return {Code::insufficient_permissions, said};
    case 404:
      return {Code::not_found, said + " (or the key is not this tenant's)"};
    case 400:
      return {Code::validation_error, said};
    default:
      return {Code::unavailable, said};
  }
}

ServedLog::ServedLog(Client& client, const std::string& tenant)
    : client_(client), path_("/log/" + tenant + "/") {}

Result<std::string> ServedLog::checkpoint() {
  auto reply = TRY(client_.send({.method = "GET", .path = path_ + "checkpoint", .body = ""}));
  if (!reply.is_success()) return error_of(reply, "the checkpoint of the log");
  return std::move(reply.body);
}

// A partial tile may be gone once the log has the full one, which begins with the same.
Result<ServedLog::Page> ServedLog::page(ledger::TilePath tile) {
  const std::uint64_t all = ledger::tile_hashes(tile.level, ledger::Size{size_});
  const std::uint64_t first = tile.index * kTileWidth;
  const auto wanted = static_cast<unsigned>(std::min<std::uint64_t>(all - first, kTileWidth));
  for (const unsigned width : {wanted, kTileWidth}) {
    tile.width = width;
    const std::string path = path_ + "tile/" + ledger::format_tile_path(tile);
    auto reply = TRY(client_.send({.method = "GET", .path = path, .body = ""}));
    if (reply.is_success()) {
      return Page{.bytes = std::move(reply.body), .width = width, .width_wanted = wanted};
    }
    if (reply.status != 404 || width == kTileWidth) return error_of(reply, "the page " + path);
  }
  return malformed(tile);
}

Result<const std::vector<Hash>*> ServedLog::hashes(Tile tile) {
  if (const auto known = tiles_.find(tile); known != tiles_.end()) return &known->second;
  const auto [level, index] = tile;
  const ledger::TilePath path{.level = level, .index = index};
  const Page page = TRY(this->page(path));
  if (page.bytes.size() != page.width * sizeof(Hash)) return malformed(path);
  std::vector<Hash> hashes;
  for (std::size_t i = 0; i < page.width_wanted; ++i) {
    const std::string_view bytes(page.bytes.data() + i * sizeof(Hash), sizeof(Hash));
    hashes.push_back(*hash_from_bytes(bytes));
  }
  // Every proof reads the right edge, so that one stays.
  const bool is_last = index == (size_ - 1) / kTileWidth;
  if (level == 0 && !is_last) {
    tiles_.erase({0, leaves_});
    leaves_ = index;
  }
  return &tiles_.emplace(tile, std::move(hashes)).first->second;
}

Result<Hash> ServedLog::node(ledger::Node node) {
  const unsigned above = node.level % kTileHeight;  // The node is so far above hashes of a tile.
  const std::uint64_t first = node.index << above;
  const auto* const tile = TRY(hashes({node.level / kTileHeight, first / kTileWidth}));
  const std::uint64_t begin = first % kTileWidth;
  const std::uint64_t count = std::uint64_t{1} << above;
  if (begin + count > tile->size())
    return malformed({.level = node.level / kTileHeight, .index = first / kTileWidth});
  const std::span<const Hash> below(tile->data() + begin, count);
  return ledger::nodes_of(below)({.level = above, .index = 0});
}

Result<void> ServedLog::read_entries(std::uint64_t index) {
  if (!entries_.empty() && index == index_) return {};
  entries_.clear();
  const ledger::TilePath path{.is_entries = true, .index = index};
  const Page page = TRY(this->page(path));
  const auto entries = ledger::entries_of(page.bytes, page.width);
  if (!entries) return malformed(path);
  entries_.assign(entries->begin(), entries->begin() + page.width_wanted);
  index_ = index;
  return {};
}

Result<std::string> ServedLog::entry(std::uint64_t sequence) {
  TRY(read_entries(sequence / kTileWidth));
  const std::string& entry = entries_[sequence % kTileWidth];
  if (ledger::hash_leaf(entry) != TRY(node({.level = 0, .index = sequence}))) {
    return Error{Code::corrupt,
                 "event " + std::to_string(sequence) + " of the log is not what its leaf says"};
  }
  return entry;
}

}  // namespace assent::cli
