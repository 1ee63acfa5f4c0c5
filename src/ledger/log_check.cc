#include "ledger/log_check.h"

#include <string>
#include <utility>

namespace assent::ledger {
namespace {

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

std::optional<std::string> fault_in(std::string_view entry, const Hash& leaf,
                                    const Hash& stored_leaf) {
  if (entry.size() > kEntryBytesMax) return "the entry is longer than a log's entry can be.";
  if (leaf != stored_leaf) return "the stored leaf hash is not that of the stored bytes.";
  return std::nullopt;
}

}  // namespace

Result<void> LogCheck::add(std::string_view entry, const Hash& stored_leaf) {
  if (first_fault_) return *first_fault_;

  const Hash leaf = hash_leaf(entry);
  if (const auto fault = fault_in(entry, leaf, stored_leaf)) {
    first_fault_ = corrupt("Sequence " + std::to_string(number(size())) + ": " + *fault);
    return *first_fault_;
  }
  frontier_.append(leaf);
  return {};
}

Result<void> LogCheck::finish(const TreeHead& head) const {
  if (first_fault_) return *first_fault_;

  const std::string found = std::to_string(number(size()));
  const std::string expected = std::to_string(number(head.size));
  if (size() < head.size) {
    return corrupt("Sequence " + found + " is missing: the head counts " + expected + " entries.");
  }
  if (size() > head.size) {
    return corrupt("Sequence " + expected + " is one too many: the head counts " + expected +
                   " entries.");
  }
  if (frontier_.root() != head.root) {
    return corrupt("The " + found + " entries do not hash to the root of their head.");
  }
  return {};
}

}  // namespace assent::ledger
