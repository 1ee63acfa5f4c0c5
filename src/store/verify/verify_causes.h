// Part of verify: whether every cause that an event names is an earlier event of its log.
//
// Most causes are recent, so a window of ids answers nearly always. The few others wait, and a walk
// through the log resolves them together: memory stays bounded, whatever the log's size.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "domain/event.h"
#include "domain/principal.h"
#include "store/connection.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

namespace assent::store {

class VerifyCauses {
 public:
  struct Limits {
    std::size_t window = 65'536;        // Ids remembered.
    std::size_t waiting_max = 262'144;  // Causes looked for in one walk.
  };
  explicit VerifyCauses(TenantNumber tenant) : VerifyCauses(tenant, Limits()) {}
  VerifyCauses(TenantNumber tenant, const Limits& limits) : tenant_(tenant), limits_(limits) {}

  // The log's next event.
  void add(const EventId& id, std::uint64_t sequence, const std::optional<EventId>& cause);

  // Whether so many wait that resolve() is due.
  bool is_full() const { return waiting_.size() >= limits_.waiting_max; }

  // Walks through the log until the causes that wait are found. Returns the lowest sequence whose
  // cause is no earlier event, if there is one. None waits afterwards.
  Result<std::optional<std::uint64_t>> resolve(Connection& connection);

 private:
  struct Waiting {
    UuidBytes cause;
    std::uint64_t sequence;  // Of the event that names it.
  };
  struct HashOfUuid {
    std::size_t operator()(const UuidBytes& id) const;
  };

  void settle(const UuidBytes& id, std::uint64_t sequence);

  const TenantNumber tenant_;
  const Limits limits_;
  std::vector<UuidBytes> ring_;  // The last ids, the next one's place after the newest.
  std::size_t next_ = 0;
  std::unordered_multiset<UuidBytes, HashOfUuid> recent_;  // What is in ring_.
  std::vector<Waiting> waiting_;
};

}  // namespace assent::store
