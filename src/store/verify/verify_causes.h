// Part of verify: whether every cause that an event names is an earlier event of its log.
//
// Most causes are recent, so a table of ids answers nearly always, although each id that comes
// displaces the one in its place. Those that are not found wait, and a walk through the log
// resolves them together: memory stays bounded, whatever the log's size.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "domain/event.h"
#include "domain/principal.h"
#include "store/connection.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace assent::store {

class VerifyCauses {
 public:
  struct Limits {
    std::size_t places = 65'536;        // For ids that are remembered.
    std::size_t waiting_max = 262'144;  // Causes looked for in one walk.
  };
  explicit VerifyCauses(TenantNumber tenant) : VerifyCauses(tenant, Limits()) {}
  VerifyCauses(TenantNumber tenant, const Limits& limits)
      : tenant_(tenant), limits_(limits), recent_(limits.places) {}

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
  // Where the id is, if it is remembered.
  UuidBytes& place_of(const UuidBytes& id);
  void settle(const UuidBytes& id, std::uint64_t sequence);

  const TenantNumber tenant_;
  const Limits limits_;
  std::vector<UuidBytes> recent_;  // Each in its place; zeros name nothing.
  std::vector<Waiting> waiting_;
};

}  // namespace assent::store
