// Verification of a whole log from its pages. They are asked for in the order in which the
// recomputed tree needs them, a few at a time, so that memory does not grow with the log.
#include "assent/verify.h"
#include "base/hash.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/log_check.h"
#include "ledger/note.h"
#include "ledger/tile_tree.h"
#include "verify/checkpoint_report.h"
#include "verify/entry.h"
#include "verify/fetch.h"
#include "verify/key_history.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace assent::verify {
namespace {

constexpr std::uint64_t kWidth = 256;
constexpr unsigned kWidthBits = 8;
constexpr unsigned kRequestsMax = 64;
constexpr std::string_view kCheckpointPage = "checkpoint";

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

// A tile of hashes or of entries, in C2SP tlog-tiles' numbering.
struct Tile {
  std::optional<unsigned> level;  // Nothing: of entries.
  std::uint64_t index = 0;
  std::uint64_t width = kWidth;

  std::string path() const;
  std::size_t bytes_max() const {
    return static_cast<std::size_t>(width) *
           (level ? sizeof(Hash) : ledger::kEntryBytesMax + std::size_t{2});
  }
};

std::string Tile::path() const {
  std::string digits = std::to_string(index);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string text = "tile/" + (level ? std::to_string(*level) : std::string("entries"));
  for (std::size_t at = 0; at < digits.size(); at += 3) {
    text += at + 3 < digits.size() ? "/x" : "/";
    text += digits.substr(at, 3);
  }
  return width == kWidth ? text : text + ".p/" + std::to_string(width);
}

// All tiles of a tree, each bundle of entries followed by those that it completes.
class Plan {
 public:
  explicit Plan(std::uint64_t size) : size_(size) {}

  std::optional<Tile> next();

 private:
  const std::uint64_t size_;
  std::uint64_t bundle_ = 0;       // Which bundle of entries comes next.
  std::optional<unsigned> level_;  // Which tile comes next; nothing: the bundle.
};

std::optional<Tile> Plan::next() {
  for (;;) {
    const std::uint64_t begin = bundle_ * kWidth;
    if (begin < size_ && !level_) {
      level_ = 0;
      return Tile{.level = {}, .index = bundle_++, .width = std::min(kWidth, size_ - begin)};
    }
    if (!level_) return std::nullopt;
    // The leaves whose bundles are planned, and whether they end a tile of this level.
    const std::uint64_t leaves = std::min(bundle_ * kWidth, size_);
    const unsigned level = *level_;
    const unsigned shift = kWidthBits * (level + 1);
    const bool is_deep = shift >= 64 || leaves >> (kWidthBits * level) == 0;
    if (is_deep) {
      level_.reset();
      if (begin >= size_) return std::nullopt;
      continue;
    }
    ++*level_;
    const std::uint64_t width = (leaves >> (kWidthBits * level)) % kWidth;
    if (leaves == size_ && width > 0) {
      return Tile{.level = level, .index = leaves >> shift, .width = width};
    }
    if (leaves % (std::uint64_t{1} << shift) == 0) {
      return Tile{.level = level, .index = (leaves >> shift) - 1, .width = kWidth};
    }
    if (leaves < size_) level_.reset();
  }
}

class PagesCheck {
 public:
  PagesCheck(std::string url, const LogOptions& options, Report& report)
      : url_(std::move(url)), options_(options), report_(report), pages_(origin_of_pages()) {}

  Result<void> run();
  Finding place() const { return {.file = file_, .sequence = sequence_, .what = {}}; }

 private:
  Pages::Options origin_of_pages() const { return {.url = url_, .api_key = options_.api_key}; }
  Result<std::string> fetch(const PageRequest& request);
  Result<void> read_checkpoint();
  Result<void> check_pinned(const ledger::Note& note) const;
  Result<void> walk();
  Result<std::string> page(const Tile& tile);
  Result<void> add_entries(const Tile& tile);
  Result<void> add_entry(std::string_view bytes);
  Result<void> compare(const Tile& tile, std::span<const Hash> hashes);
  Result<void> compare_partial();
  Result<void> check_keys();
  void blame(std::string_view file, std::optional<std::uint64_t> sequence = std::nullopt) {
    file_ = file;
    sequence_ = sequence;
  }

  const std::string url_;
  const LogOptions& options_;
  Report& report_;
  Pages pages_;
  std::optional<Plan> plan_;
  std::string note_;
  ledger::Checkpoint checkpoint_;  // Not believed before check_keys().
  ledger::TileTree tree_;
  EntryReader reader_;
  KeyHistory keys_;
  KnownHeads known_;
  std::string file_;
  std::optional<std::uint64_t> sequence_;
};

// One page out of turn.
Result<std::string> PagesCheck::fetch(const PageRequest& request) {
  Pages pages(origin_of_pages());
  pages.ask(request);
  auto body = TRY(pages.next());
  if (!body) return corrupt("the log has no such page");
  return *std::move(body);
}

Result<void> PagesCheck::read_checkpoint() {
  blame(kCheckpointPage);
  Pages pages(origin_of_pages());
  pages.ask({.path = std::string(kCheckpointPage), .bytes_max = ledger::kNoteBytesMax});
  auto body = TRY(pages.next());
  if (!body) return Error{Code::not_found, "There is no log at this URL that we may read."};
  note_ = *std::move(body);
  const auto note = ledger::parse_note(note_);
  if (!note) return corrupt("what the log serves is no signed note");
  const auto checkpoint = ledger::parse_checkpoint(note->text);
  if (!checkpoint) return corrupt("what the log serves is no checkpoint");
  checkpoint_ = *checkpoint;
  TRY(check_pinned(*note));
  for (const std::string& kept : options_.known_checkpoints) {
    if (!known_.add(kept)) {
      return Error{Code::validation_error, "What is to be compared with is no checkpoint."};
    }
  }
  return {};
}

// What the key that was given can say before a page is read. That the log has another key since is
// only known once its entries are.
Result<void> PagesCheck::check_pinned(const ledger::Note& note) const {
  if (options_.verifier_key.empty()) return {};
  const auto key = ledger::VerifierKey::from_text(options_.verifier_key);
  if (!key) return Error{Code::validation_error, "The verifier key that you gave is none."};
  if (key->name() != checkpoint_.origin) {
    return corrupt("the checkpoint is of another log than the key that you gave");
  }
  const bool has_signed = std::ranges::any_of(note.signatures, [&](const auto& signature) {
    return signature.name == key->name() && signature.key_id == key->id();
  });
  if (!has_signed || ledger::open_checkpoint(note_, *key)) return {};
  return corrupt("the signature of the key that you gave is not of this checkpoint");
}

// The next page of the plan; others are being fetched meanwhile.
Result<std::string> PagesCheck::page(const Tile& tile) {
  blame(tile.path());
  auto body = TRY(pages_.next());
  if (const auto next = plan_->next()) {
    pages_.ask({.path = next->path(), .bytes_max = next->bytes_max()});
  }
  if (body) return *std::move(body);
  if (tile.width == kWidth) return corrupt("the log has no such page");
  // A partial page may go once the full one is there.
  const Tile full{.level = tile.level, .index = tile.index};
  blame(full.path());
  std::string whole = TRY(fetch({.path = full.path(), .bytes_max = full.bytes_max()}));
  if (!tile.level) return whole;
  if (whole.size() != full.bytes_max()) return corrupt("the tile has not 256 hashes");
  whole.resize(tile.bytes_max());
  return whole;
}

Result<void> PagesCheck::add_entries(const Tile& tile) {
  const std::string body = TRY(page(tile));
  std::string_view rest = body;
  const std::string path = file_;
  for (std::uint64_t i = 0; i < tile.width; ++i) {
    blame(path, ledger::number(tree_.size()));
    if (rest.size() < 2) return corrupt("the page ends before the event");
    const auto length = static_cast<std::size_t>(static_cast<std::uint8_t>(rest[0])) << 8U |
                        static_cast<std::uint8_t>(rest[1]);
    rest.remove_prefix(2);
    if (rest.size() < length) return corrupt("the page ends within the event");
    TRY(add_entry(rest.substr(0, length)));
    rest.remove_prefix(length);
  }
  blame(path);
  const bool is_full_instead = path != tile.path();
  if (!rest.empty() && !is_full_instead) return corrupt("the page has more than its events");
  return {};
}

Result<void> PagesCheck::add_entry(std::string_view bytes) {
  const std::uint64_t sequence = ledger::number(tree_.size());
  const Entry entry = TRY(reader_.read(bytes));
  if (entry.sequence != sequence) {
    return corrupt("the event says that its sequence is " + std::to_string(entry.sequence));
  }
  if (sequence == 0) report_.tenant = entry.tenant;
  if (entry.tenant != report_.tenant) return corrupt("the event is of another tenant");
  if (entry.source != checkpoint_.origin) return corrupt("the event is of another log");
  TRY(keys_.add(entry));
  ++report_.events;
  TRY(tree_.append(ledger::hash_leaf(bytes), [this](const ledger::FullTile& full) {
    return compare({.level = full.level - 1, .index = full.position}, full.hashes);
  }));
  const std::uint64_t size = ledger::number(tree_.size());
  if (!known_.wants(size)) return {};
  blame(kCheckpointPage);
  return known_.compare(tree_.head());
}

Result<void> PagesCheck::compare(const Tile& tile, std::span<const Hash> hashes) {
  const std::string body = TRY(page(tile));
  if (body.size() != hashes.size() * sizeof(Hash)) return corrupt("the tile has another size");
  std::string_view rest = body;
  for (const Hash& hash : hashes) {
    if (rest.substr(0, sizeof(Hash)) != as_bytes(hash)) {
      if (tile.level == 0U) {
        sequence_ = tile.index * kWidth + (body.size() - rest.size()) / sizeof(Hash);
      }
      return corrupt("the tile has a hash that is not that of the events");
    }
    rest.remove_prefix(sizeof(Hash));
  }
  return {};
}

Result<void> PagesCheck::compare_partial() {
  const std::uint64_t size = ledger::number(tree_.size());
  for (unsigned level = 0; level < tree_.partial_tiles().size(); ++level) {
    const std::vector<Hash>& hashes = tree_.partial_tiles()[level];
    if (hashes.empty()) continue;
    TRY(compare(
        {.level = level, .index = size >> (kWidthBits * (level + 1)), .width = hashes.size()},
        hashes));
  }
  return {};
}

Result<void> PagesCheck::walk() {
  const std::uint64_t size = ledger::number(checkpoint_.head.size);
  plan_.emplace(size);
  const unsigned requests = std::clamp(options_.requests, 1U, kRequestsMax);
  while (pages_.waiting() < requests) {
    const auto next = plan_->next();
    if (!next) break;
    pages_.ask({.path = next->path(), .bytes_max = next->bytes_max()});
  }
  for (std::uint64_t bundle = 0; bundle * kWidth < size; ++bundle) {
    const std::uint64_t width = std::min(kWidth, size - bundle * kWidth);
    TRY(add_entries({.level = {}, .index = bundle, .width = width}));
    if (options_.progress) options_.progress(report_.events);
  }
  TRY(compare_partial());
  blame(kCheckpointPage);
  if (tree_.head() != checkpoint_.head) {
    return corrupt("the events do not hash to the checkpoint's root");
  }
  return {};
}

Result<void> PagesCheck::check_keys() {
  blame(kCheckpointPage);
  const std::uint64_t size = ledger::number(checkpoint_.head.size);
  const ledger::VerifierKey* const key = keys_.key_at(size);
  // Of an empty log only the caller can know the key.
  const auto given = ledger::VerifierKey::from_text(options_.verifier_key);
  if (key == nullptr && !given) return corrupt("an empty log has no key of its own");
  checkpoint_ = TRY(open_reported(note_, key != nullptr ? *key : *given, report_));
  report_.remarks = keys_.remarks();
  for (const std::string& kept : options_.known_checkpoints) {
    if (key != nullptr && !keys_.open(kept)) {
      return Error{Code::validation_error,
                   "The checkpoint to compare with is not signed by this log's key."};
    }
  }
  TRY(known_.finish(size));
  if (options_.verifier_key.empty()) return {};
  if (key != nullptr) {
    TRY(keys_.follow(options_.verifier_key, size, options_.known_checkpoints));
  }
  report_.is_key_pinned = true;
  return {};
}

Result<void> PagesCheck::run() {
  report_.scope = Scope::log;
  TRY(read_checkpoint());
  TRY(walk());
  return check_keys();
}

}  // namespace

Report verify_log(const std::string& url, const LogOptions& options) {
  Report report;
  std::string trimmed = url;
  while (trimmed.ends_with('/')) trimmed.pop_back();
  PagesCheck check(trimmed, options, report);
  const auto result = check.run();
  conclude(result, check.place(), report);
  return report;
}

}  // namespace assent::verify
