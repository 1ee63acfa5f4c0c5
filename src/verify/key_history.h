// The keys that a log itself says it had, and what checkpoints that somebody kept are worth beside
// them. For whoever reads a log from its first entry.
#pragma once

#include "assent/verify.h"
#include "base/json.h"
#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/key.h"
#include "verify/entry.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::verify {

class KeyHistory {
 public:
  // The next entry: remembers the key if the event founds the log or rotates its key. Code::corrupt
  // if it should and has none.
  Result<void> add(const Entry& entry);
  // The same of an event whose data is parsed already.
  Result<void> add(const Entry& entry, const Json& data);
  // Whether an event of that type can matter, beside the first.
  static bool is_about_keys(std::string_view type) { return type == "ledger.key_rotated"; }

  // Which key speaks for the log at that size; null pointer: the log was never founded.
  const ledger::VerifierKey* key_at(std::uint64_t size) const;

  // The checkpoint in the note, if the key of its size signed it. A handover is of both its keys.
  std::optional<ledger::Checkpoint> open(std::string_view note) const;

  // Whether the note is a handover: a checkpoint of the size from which a key speaks, signed by it
  // and by the one before.
  bool is_handover(std::string_view note) const;

  // Whether somebody who trusts `pinned` may trust the key at `size`: it is that key, or each
  // rotation between is below a checkpoint that the key before it signed. Code::corrupt otherwise.
  // REQUIRES: the notes' heads were compared with the log.
  Result<void> follow(std::string_view pinned, std::uint64_t size,
                      const std::vector<std::string>& notes) const;

  // Sentences about keys that were given up as compromised.
  const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  struct Period {
    ledger::VerifierKey key;
    std::uint64_t from_size = 0;
  };
  std::vector<Period> periods_;  // Oldest first.
  std::vector<std::string> remarks_;
};

// Heads that must be found again in a log, by size.
class KnownHeads {
 public:
  // The head that the note claims, whoever signed it. Code::validation_error if it is no note.
  Result<void> add(std::string_view note);
  void add(const ledger::TreeHead& head) { heads_.emplace(ledger::number(head.size), head.root); }

  // Whether one of them is of this size.
  bool wants(std::uint64_t size) const { return heads_.contains(size); }

  // The log's head at a size that is wanted. Code::corrupt if a known head has another root.
  Result<void> compare(const ledger::TreeHead& head) const;

  // At the log's end. Code::corrupt if one is beyond it.
  Result<void> finish(std::uint64_t size) const;

 private:
  std::multimap<std::uint64_t, Hash> heads_;
};

}  // namespace assent::verify
