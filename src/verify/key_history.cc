#include "verify/key_history.h"

#include "base/json.h"
#include "ledger/note.h"

#include <algorithm>
#include <utility>

namespace assent::verify {
namespace {

constexpr std::string_view kCreated = "ledger.created";

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

}  // namespace

Result<void> KeyHistory::add(const Entry& entry) {
  if (entry.sequence != 0 && !is_about_keys(entry.type)) return {};
  const auto data = parse_json(entry.data, {.depth = 80});
  return add(entry, data ? *data : Json());
}

Result<void> KeyHistory::add(const Entry& entry, const Json& data) {
  const bool is_founding = entry.sequence == 0;
  if (!is_founding && !is_about_keys(entry.type)) return {};
  if (is_founding && entry.type != kCreated) {
    return corrupt("the log does not begin with ledger.created");
  }
  const auto text = data.string_at("verifierKey");
  const auto key = text ? ledger::VerifierKey::from_text(*text) : std::nullopt;
  if (!key) return corrupt("the log's verifier key is none");
  if (key->name() != entry.source) return corrupt("the log's verifier key is another log's");
  if (!is_founding && data.string_at("previousVerifierKey") != periods_.back().key.text()) {
    return corrupt("the key that is given up is not the one that the log had");
  }
  if (data.string_at("reason") == "compromised") {
    remarks_.push_back("The key of generation " + std::to_string(periods_.size()) +
                       " was given up as compromised at sequence " +
                       std::to_string(entry.sequence) + ".");
  }
  periods_.push_back({.key = *key, .from_size = is_founding ? 0 : entry.sequence + 1});
  return {};
}

const ledger::VerifierKey* KeyHistory::key_at(std::uint64_t size) const {
  const ledger::VerifierKey* key = nullptr;
  for (const Period& period : periods_) {
    if (period.from_size <= size) key = &period.key;
  }
  return key;
}

std::optional<ledger::Checkpoint> KeyHistory::open(std::string_view note) const {
  for (std::size_t i = 0; i < periods_.size(); ++i) {
    const auto checkpoint = ledger::open_checkpoint(note, periods_[i].key);
    if (!checkpoint) continue;
    const std::uint64_t size = ledger::number(checkpoint->head.size);
    // Up to and with the handover, which both sign.
    const bool is_over = i + 1 < periods_.size() && size > periods_[i + 1].from_size;
    if (periods_[i].from_size <= size && !is_over) return *checkpoint;
  }
  return std::nullopt;
}

bool KeyHistory::is_handover(std::string_view note) const {
  for (std::size_t i = 1; i < periods_.size(); ++i) {
    const auto older = ledger::open_checkpoint(note, periods_[i - 1].key);
    const auto newer = ledger::open_checkpoint(note, periods_[i].key);
    if (older && newer && ledger::number(newer->head.size) == periods_[i].from_size) return true;
  }
  return false;
}

Result<void> KeyHistory::follow(std::string_view pinned, std::uint64_t size,
                                const std::vector<std::string>& notes) const {
  const auto is_pinned = [pinned](const Period& it) { return it.key.text() == pinned; };
  auto period = std::ranges::find_if(periods_, is_pinned);
  if (period == periods_.end()) return corrupt("the key that you gave is none of this log's");
  if (period->from_size > size)
    return corrupt("the key that you gave is newer than the checkpoint");
  for (auto next = period + 1; next != periods_.end() && next->from_size <= size; ++next) {
    const bool is_handed_over = std::ranges::any_of(notes, [&](const std::string& note) {
      const auto checkpoint = ledger::open_checkpoint(note, period->key);
      return checkpoint && ledger::number(checkpoint->head.size) == next->from_size;
    });
    if (!is_handed_over) {
      return corrupt("the key that you gave, or one after it, was replaced at sequence " +
                     std::to_string(next->from_size - 1) +
                     ": give the handover of that size as well, or the key of today");
    }
    period = next;
  }
  return {};
}

Result<void> KnownHeads::add(std::string_view note) {
  add(TRY(ledger::claimed_checkpoint(note)).head);
  return {};
}

Result<void> KnownHeads::compare(const ledger::TreeHead& head) const {
  const auto [begin, end] = heads_.equal_range(ledger::number(head.size));
  for (auto known = begin; known != end; ++known) {
    if (known->second == head.root) continue;
    return corrupt("split view: the log is not the one whose checkpoint of size " +
                   std::to_string(ledger::number(head.size)) +
                   " was signed; two histories of it exist");
  }
  return {};
}

Result<void> KnownHeads::finish(std::uint64_t size) const {
  if (heads_.empty() || heads_.rbegin()->first <= size) return {};
  return corrupt("rolled back: the log has " + std::to_string(size) +
                 " events, but a signed checkpoint promised " +
                 std::to_string(heads_.rbegin()->first));
}

}  // namespace assent::verify
