#include "ledger/tile.h"

#include "base/text.h"
#include "ledger/log_check.h"

namespace assent::ledger {
namespace {

constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";
constexpr std::uint64_t kGroup = 1000;

std::string three_digits(std::uint64_t number) {
  std::string text = std::to_string(number);
  return std::string(3 - text.size(), '0') + text;
}

// `x001/x234/067`
std::string index_text(std::uint64_t index) {
  std::string text = three_digits(index % kGroup);
  while ((index /= kGroup) != 0) text.insert(0, "x" + three_digits(index % kGroup) + "/");
  return text;
}

// What may be an index; that it has its one spelling is for the caller to see.
std::optional<std::uint64_t> index_from(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c != 'x' && c != '/') {
      return std::nullopt;
    }
  }
  const std::size_t first = digits.find_first_not_of('0');
  return from_decimal(first == std::string::npos ? "0" : digits.substr(first));
}

Error malformed(const std::string& what) {
  return {Code::validation_error, "Not a bundle of log entries: " + what};
}

}  // namespace

std::string format_tile_path(const TilePath& path) {
  std::string text = path.is_entries ? std::string(kEntries) : std::to_string(path.level);
  text += '/' + index_text(path.index);
  if (path.width != kTileWidth) text += std::string(kPartial) + std::to_string(path.width);
  return text;
}

std::optional<TilePath> parse_tile_path(std::string_view text) {
  const std::string_view whole = text;
  TilePath path;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  path.is_entries = text.substr(0, slash) == kEntries;
  if (!path.is_entries) {
    const auto level = from_decimal(text.substr(0, slash));
    if (!level || *level > kTileLevelMax) return std::nullopt;
    path.level = static_cast<unsigned>(*level);
  }
  text.remove_prefix(slash + 1);
  if (const std::size_t partial = text.find(kPartial); partial != std::string_view::npos) {
    const auto width = from_decimal(text.substr(partial + kPartial.size()));
    if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
    path.width = static_cast<unsigned>(*width);
    text = text.substr(0, partial);
  }
  const auto index = index_from(text);
  if (!index) return std::nullopt;
  path.index = *index;
  if (format_tile_path(path) != whole) return std::nullopt;
  return path;
}

std::uint64_t tile_hashes(unsigned level, Size size) {
  const unsigned bits = level * kTileHeight;
  return bits < 64 ? number(size) >> bits : 0;
}

std::vector<TilePath> tile_paths(Size size) {
  std::vector<TilePath> paths;
  for (unsigned level = 0; tile_hashes(level, size) != 0; ++level) {
    const std::uint64_t hashes = tile_hashes(level, size);
    for (std::uint64_t index = 0; index < hashes / kTileWidth; ++index) {
      paths.push_back({.level = level, .index = index});
    }
    if (const auto width = static_cast<unsigned>(hashes % kTileWidth); width != 0) {
      paths.push_back({.level = level, .index = hashes / kTileWidth, .width = width});
    }
  }
  return paths;
}

Result<std::string> tile_bytes(const TilePath& path, const NodeSource& nodes) {
  std::string bytes;
  bytes.reserve(path.width * sizeof(Hash));
  for (unsigned i = 0; i < path.width; ++i) {
    const Hash hash =
        TRY(nodes({.level = path.level * kTileHeight, .index = path.index * kTileWidth + i}));
    bytes += as_bytes(hash);
  }
  return bytes;
}

void append_entry(std::string& bundle, std::string_view entry) {
  CHECK(entry.size() <= kEntryBytesMax);
  bundle += static_cast<char>(entry.size() >> 8);
  bundle += static_cast<char>(entry.size() & 0xff);
  bundle += entry;
}

Result<std::vector<std::string_view>> entries_of(std::string_view bundle, unsigned width) {
  std::vector<std::string_view> entries;
  while (!bundle.empty()) {
    if (entries.size() == width) return malformed("it has more entries than its name says.");
    if (bundle.size() < 2) return malformed("it ends within a length.");
    const auto high = static_cast<unsigned char>(bundle[0]);
    const auto low = static_cast<unsigned char>(bundle[1]);
    const std::size_t length = std::size_t{high} << 8 | low;
    bundle.remove_prefix(2);
    if (bundle.size() < length) return malformed("it ends within an entry.");
    entries.push_back(bundle.substr(0, length));
    bundle.remove_prefix(length);
  }
  if (entries.size() == width) return entries;
  return malformed("it has fewer entries than its name says.");
}

}  // namespace assent::ledger
