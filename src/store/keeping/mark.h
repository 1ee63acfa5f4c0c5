// The newest checkpoint of a log, durable at the price of one write to a file that has its size
// already.
//
//   checkpoints/<tenant>.mark     two slots of 8192 bytes, each of them, in text:
//
//     assent-mark/1 <bytes that follow> <their SHA-256, 64 hex digits>
//     <size> <the tree's peaks at that size, base64>
//     <the checkpoint: a C2SP signed note>
//
// The slot with the larger size counts. Only the other one is ever written, so that a crash at any
// byte leaves at least what was there before; what is torn does not hash to what its first line
// says. The peaks are a shortcut for the next start, believed only if they hash to the signed root.
#pragma once

#include "base/result.h"
#include "ledger/merkle.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace assent::store {

inline constexpr std::size_t kMarkSlotBytes = 8192;

struct Mark {
  std::string note;
  ledger::Frontier frontier;
};

// The bytes that a slot begins with. Code::too_large if they do not fit one.
Result<std::string> slot_text(const Mark& mark);
// The mark in the slot, or nothing: empty, torn or none of ours.
std::optional<Mark> mark_from_slot(std::string_view slot);

// One log's file. Not thread-safe.
class MarkFile {
 public:
  explicit MarkFile(std::string path) : path_(std::move(path)) {}

  // Nothing if there is no file or neither slot holds a mark.
  Result<std::optional<Mark>> read();

  // Durable on return. REQUIRES: its size is not below that of the mark there.
  Result<void> write(const Mark& mark);

 private:
  Result<void> look();

  std::string path_;
  std::optional<std::size_t> newest_;  // Which slot, once looked; of an empty file, either.
};

}  // namespace assent::store
