// Dialects: the log as each of the systems that Assent unites would have written it.
//
// A dialect is a pure view, canonical event → one row of that system, or nothing where the system
// has no name for what happened. An event has at most one name in a dialect. The inverse is for
// filters: a type may be given in any spelling of any dialect, in either case, and means the same.
#pragma once

#include "base/json.h"
#include "domain/event.h"
#include "domain/words.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

// canonical is the log itself, which needs no translation.
enum class Dialect { canonical, butlers, kernel, rtv, charter };
template <>
std::span<const std::string_view> words<Dialect>();

// The event's row, members in that system's order. Nothing for canonical (its row is the event's
// bytes), for what the system has no name for, and for an event without what a row must have.
std::optional<Json> translate(Dialect dialect, const StoredEvent& event);

// What the dialect can show, or nothing if that is every event.
struct Shown {
  std::vector<std::string> types;  // Canonical, sorted.
  std::vector<std::string> names;  // The system's own, sorted.
};
std::optional<Shown> shown_by(Dialect dialect);

// The canonical types that `spelling` may mean, sorted: itself in lower case if that can be a type,
// and all types that some dialect calls so, or its source's code by a constant
// (`IR_APPROVAL_CREATED`). Empty: no event can be meant.
std::vector<std::string> canonical_types(std::string_view spelling);

// Whether `spelling` means this event. Narrower than canonical_types() where what a system calls a
// type depends on the event: an expiry is `action_expired`, unless the timeout approved.
bool is_meant_by(std::string_view spelling, const StoredEvent& event);

}  // namespace assent
