#include "edge/cli/served_log.h"

#include <algorithm>

namespace assent::cli {

namespace {

constexpr unsigned kTileLevels = 8;
constexpr std::uint64_t kTileWidth = std::uint64_t{1} << kTileLevels;

// `x001/x234/067`.
std::string index_text(std::uint64_t index) {
  std::string text;
  do {
    const std::string digits = std::to_string(index % 1000);
    const std::string group = std::string(3 - digits.size(), '0') + digits;
    text = text.empty() ? group : "x" + group + "/" + text;
    index /= 1000;
  } while (index > 0);
  return text;
}

Error malformed(const std::string& path) {
  return {Code::corrupt, "the server's page " + path + " is malformed"};
}

// The entry at the front of a bundle of entries, which loses it.
std::optional<std::string> next_entry(std::string_view& bundle) {
  if (bundle.size() < 2) return std::nullopt;
  const std::size_t length = static_cast<std::size_t>(static_cast<unsigned char>(bundle[0])) << 8 |
                             static_cast<unsigned char>(bundle[1]);
  if (bundle.size() < 2 + length) return std::nullopt;
  std::string entry(bundle.substr(2, length));
  bundle.remove_prefix(2 + length);
  return entry;
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
Result<std::string> ServedLog::page(const std::string& kind, unsigned level, std::uint64_t index) {
  const std::uint64_t count = (size_ >> (kTileLevels * level)) - index * kTileWidth;
  const std::string full = path_ + "tile/" + kind + "/" + index_text(index);
  const std::string partial =
      count < kTileWidth ? full + ".p/" + std::to_string(count) : std::string();
  if (!partial.empty()) {
    auto reply = TRY(client_.send({.method = "GET", .path = partial, .body = ""}));
    if (reply.is_success()) return std::move(reply.body);
    if (reply.status != 404) return error_of(reply, "the page " + partial);
  }
  auto reply = TRY(client_.send({.method = "GET", .path = full, .body = ""}));
  if (!reply.is_success()) return error_of(reply, "the page " + full);
  return std::move(reply.body);
}

Result<const std::vector<Hash>*> ServedLog::hashes(Tile tile) {
  if (const auto known = tiles_.find(tile); known != tiles_.end()) return &known->second;
  const auto [level, index] = tile;
  const std::string name = std::to_string(level);
  const std::string bytes = TRY(page(name, level, index));
  const std::uint64_t count = (size_ >> (kTileLevels * level)) - index * kTileWidth;
  const std::uint64_t width = std::min(count, kTileWidth);
  if (bytes.size() < width * sizeof(Hash)) return malformed("tile/" + name);
  std::vector<Hash> hashes;
  for (std::uint64_t i = 0; i < width; ++i) {
    hashes.push_back(
        *hash_from_bytes(std::string_view(bytes).substr(i * sizeof(Hash), sizeof(Hash))));
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
  const unsigned above = node.level % kTileLevels;  // The node is so far above hashes of a tile.
  const std::uint64_t first = node.index << above;
  const auto* const tile = TRY(hashes({node.level / kTileLevels, first / kTileWidth}));
  const std::uint64_t begin = first % kTileWidth;
  const std::uint64_t count = std::uint64_t{1} << above;
  if (begin + count > tile->size()) return malformed("tile");
  const std::span<const Hash> below(tile->data() + begin, count);
  return ledger::nodes_of(below)({.level = above, .index = 0});
}

Result<void> ServedLog::read_entries(std::uint64_t index) {
  if (!entries_.empty() && index == index_) return {};
  entries_.clear();
  const std::string bytes = TRY(page("entries", 0, index));
  std::string_view left = bytes;
  const std::uint64_t width = std::min(size_ - index * kTileWidth, kTileWidth);
  while (entries_.size() < width) {
    auto entry = next_entry(left);
    if (!entry) {
      entries_.clear();
      return malformed("tile/entries/" + index_text(index));
    }
    entries_.push_back(*std::move(entry));
  }
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
