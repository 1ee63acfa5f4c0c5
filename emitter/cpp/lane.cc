#include "emitter/cpp/lane.h"

#include <algorithm>

namespace assent::emitter {

Batch Lane::batch() const {
  Batch batch;
  std::size_t bytes = 0;
  for (const Item& item : items) {
    bytes += item.entry.event.size + 1;
    const bool is_full = batch.entries.size() == kBatchEventsMax || bytes > kBatchBytesMax;
    if (!batch.entries.empty() && (is_full || item.waiter != nullptr)) break;
    batch.entries.push_back(item.entry);
    batch.ordinal = std::max(batch.ordinal, item.entry.ordinal);
    if (item.waiter == nullptr) continue;
    batch.is_alone = true;
    batch.traceparent = item.waiter->traceparent;
    break;
  }
  return batch;
}

}  // namespace assent::emitter
