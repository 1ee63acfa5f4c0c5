#include "verify/log_keys.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace assent::verify {
namespace {

Error corrupt(std::string what) {
  return {Code::corrupt, std::move(what)};
}

Result<ledger::TreeHead> check_handover(const LogKey& before, const LogKey& after) {
  const auto by_old = ledger::open_checkpoint(*after.handover, before.key);
  if (!by_old) return corrupt("the handover is not signed by the key that is given up");
  const auto by_new = ledger::open_checkpoint(*after.handover, after.key);
  if (!by_new) return corrupt("the handover is not signed by the key that it hands over to");
  if (ledger::number(by_new->head.size) != after.from_size) {
    return corrupt("the handover is of another size than the one from which its key speaks");
  }
  return by_new->head;
}

}  // namespace

Result<KeyChain> follow_keys(const KeyQuestion& question) {
  const std::vector<LogKey>& keys = question.keys;
  std::optional<std::size_t> pinned;
  std::size_t current = 0;
  std::vector<ledger::TreeHead> heads;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].key.name() != question.origin) return corrupt("a key is another log's");
    if (i > 0 && keys[i].handover) {
      heads.push_back(TRY(check_handover(keys[i - 1], keys[i])));
    } else if (i > 0 && pinned && keys[i].from_size <= question.size) {
      return corrupt("there is no handover to the key that follows the one that you gave");
    }
    if (keys[i].key.text() == question.pinned) pinned = i;
    if (keys[i].from_size <= question.size) current = i;
  }
  if (!question.pinned.empty() && !pinned) {
    return corrupt("the key that you gave is none of this log's");
  }
  // Handovers lead forwards only: a newer key says nothing of what an older one signed.
  if (pinned && *pinned > current) {
    return corrupt("the key that you gave is newer than the checkpoint");
  }
  return KeyChain{
      .key = keys[current].key, .heads = std::move(heads), .is_pinned = pinned.has_value()};
}

}  // namespace assent::verify
