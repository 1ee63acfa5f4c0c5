// Part of verify: whether every event of a log has an id of its own.
//
// An id begins with the time at which it was made, so a log's ids come nearly in order: a window of
// the latest ones, by that time, finds whatever comes twice soon after it was made. Ids that come
// when the window is past their time (what was imported, or came late) wait, and a walk through the
// log looks for all of them together: memory stays bounded, whatever the log's size.
#pragma once

#include "base/id.h"
#include "base/result.h"
#include "domain/principal.h"
#include "store/connection.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace assent::store {

class VerifyIds {
 public:
  struct Limits {
    std::size_t window = 131'072;         // Of ids; twice as many before it moves on.
    std::size_t waiting_max = 1'048'576;  // Looked for in one walk.
  };
  explicit VerifyIds(TenantNumber tenant) : VerifyIds(tenant, Limits()) {}
  VerifyIds(TenantNumber tenant, const Limits& limits) : tenant_(tenant), limits_(limits) {}

  // The log's next event.
  void add(const EventId& id, std::uint64_t sequence);

  // Whether resolve() is due: so many wait, or an id was met twice.
  bool is_due() const { return waiting_.size() >= limits_.waiting_max || repeated_; }

  // Looks for the ids that wait in the log up to the last event that was added. Returns the lowest
  // sequence that is known to have the id of an earlier event, if there is one. At the log's end
  // that is for certain.
  Result<std::optional<std::uint64_t>> resolve(Connection& connection);

 private:
  struct Seen {
    UuidBytes id;
    std::uint64_t sequence;
    friend auto operator<=>(const Seen&, const Seen&) = default;
  };
  // Puts what is in the window in order, notes what is in it twice, and lets the earliest go.
  void move_on(std::size_t kept);
  void note(std::uint64_t sequence);
  Result<void> walk(Connection& connection);

  const TenantNumber tenant_;
  const Limits limits_;
  std::vector<Seen> window_;
  std::vector<Seen> waiting_;
  std::optional<UuidBytes> left_;          // The last id that left the window.
  std::optional<std::uint64_t> repeated_;  // The lowest sequence of a second one.
  std::uint64_t end_ = 0;                  // Of what was added.
};

}  // namespace assent::store
