#include "store/bundle/log_keys.h"

#include "domain/event.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace assent::store {
namespace {

constexpr std::string_view kBlanks = " \t\r";

// The next word of the line, which loses it; empty at its end.
std::string_view next_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

Result<StoredEvent> event_of(std::string_view bytes, std::string_view type) {
  auto event = TRY(stored_event_from(bytes));
  if (event.type == type && event.data.string_at("verifierKey")) return event;
  return Error{Code::corrupt, "event " + std::to_string(event.sequence) +
                                  " of the log is not the " + std::string(type) +
                                  " that it must be"};
}

}  // namespace

Result<BundleKey> first_key(std::string_view event) {
  const auto created = TRY(event_of(event, "ledger.created"));
  return BundleKey{.verifier_key = std::string(*created.data.string_at("verifierKey")),
                   .from_size = 0,
                   .handover = std::nullopt};
}

Result<BundleKey> rotated_key(std::string_view event, std::optional<std::string> handover) {
  const auto rotated = TRY(event_of(event, "ledger.key_rotated"));
  return BundleKey{.verifier_key = std::string(*rotated.data.string_at("verifierKey")),
                   .from_size = rotated.sequence + 1,
                   .handover = std::move(handover)};
}

Result<std::uint64_t> claimed_size(std::string_view note) {
  return ledger::number(TRY(ledger::claimed_checkpoint(note)).head.size);
}

Result<ledger::TreeHead> open_by(const std::vector<BundleKey>& keys, std::string_view note) {
  const std::uint64_t size = TRY(claimed_size(note));
  const auto later =
      std::ranges::find_if(keys, [size](const BundleKey& key) { return key.from_size > size; });
  const auto key = ledger::VerifierKey::from_text(std::prev(later)->verifier_key);
  if (!key) return Error{Code::corrupt, "the log's verifier key is none"};
  return TRY(ledger::open_checkpoint(note, *key)).head;
}

Result<void> choose_checkpoint(BundleLog& log, std::string note) {
  log.head = TRY(open_by(log.keys, note));
  log.checkpoint = std::move(note);
  std::erase_if(log.keys, [&log](const BundleKey& key) {
    return key.from_size > ledger::number(log.head.size);
  });
  log.verifier_key = log.keys.back().verifier_key;
  return {};
}

std::vector<std::string> witness_keys_in(std::string_view policy) {
  std::vector<std::string> keys;
  while (!policy.empty()) {
    std::string_view line = policy.substr(0, policy.find('\n'));
    policy.remove_prefix(std::min(line.size() + 1, policy.size()));
    if (next_word(line) != "witness") continue;
    next_word(line);
    if (const auto key = next_word(line); !key.empty()) keys.emplace_back(key);
  }
  return keys;
}

}  // namespace assent::store
