// Part of verify: the signed notes that are to be found again in a log. Those beside the database
// (its newest checkpoint, that with cosignatures, the handovers of its keys), and those that
// somebody kept elsewhere.
#pragma once

#include "base/result.h"
#include "ledger/checkpoint.h"
#include "verify/key_history.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assent::store {

struct VerifyNote {
  enum class Kind { checkpoint, cosigned, handover, kept };
  Kind kind = Kind::checkpoint;
  std::string name;  // Of the file, for people.
  std::string text;
};

// The tenant and the kind of a file in the directory of checkpoints; nothing if it is no note.
struct NoteFile {
  std::string tenant;
  VerifyNote::Kind kind;
};
std::optional<NoteFile> note_file(const std::string& name);

// The notes of one log. Every Error is Code::corrupt but those about a kept note that is not this
// log's: Code::validation_error, because then the question is wrong and not the log.
class VerifyNotes {
 public:
  Result<void> add(VerifyNote note);

  bool wants(std::uint64_t size) const { return notes_.contains(size); }
  // At a size that is wanted, with the keys that the log has named so far: that they are signed.
  Result<void> check_signatures(const verify::KeyHistory& keys, std::uint64_t size) const;
  // Then, with the log's head: that they are of this log.
  Result<void> compare(const ledger::TreeHead& head) const;

  // The first size beyond `size` that is wanted: at a log's end, what it lacks.
  std::optional<std::uint64_t> beyond(std::uint64_t size) const;
  // The error of a log that ends before a size that is wanted.
  Error cut_off(std::uint64_t size) const;

  // Of the file that is the high-water mark, if there is one.
  std::optional<std::uint64_t> checkpoint_size() const { return checkpoint_size_; }

 private:
  struct Claim {
    VerifyNote note;
    ledger::TreeHead head;
  };
  std::multimap<std::uint64_t, Claim> notes_;  // By size.
  std::optional<std::uint64_t> checkpoint_size_;
};

}  // namespace assent::store
