// Terms: what the index files an event under, and what a query therefore looks up.
//
// Fields whose values often coincide share a kind of term: an event's correlation defaults to its
// trace, its subject is mostly its target or `approval/` and its approval's id. One posting then
// serves both, and a query for either reads one list; whether the event really matches is decided
// on its bytes anyway, because terms hold hashes.
#pragma once

#include "store/search/facets.h"
#include "store/search/search.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// The values are on disk: a change is another format (search_index.cc).
enum class TermKind : std::uint8_t {
  event = 1,  // Its id.
  type,
  actor,  // Its id, and `type:id`.
  thing,  // The subject; a target's `type/id` and bare id; `approval/` and the approval's id.
  flow,   // The trace and the correlation.
  outcome,
};

struct Term {
  TermKind kind{};
  std::uint64_t hash = 0;

  friend auto operator<=>(const Term&, const Term&) = default;
};

// What an event must have, spelt as canonical JSON spells it. All given ones must hold.
struct Filters {
  std::optional<std::string> id;
  std::vector<std::string> types;  // Any of these; empty: whatever type.
  std::optional<std::string> actor;
  std::optional<std::string> subject;
  std::optional<std::string> target;
  std::optional<std::string> approval_id;
  std::optional<std::string> correlation_id;
  std::optional<std::string> trace_id;
  std::optional<std::string> outcome;
};
Filters filters_of(const EventQuery& query);

bool matches(const Facets& facets, const Filters& filters);

// Appends every term of the event; one may come twice.
void append_terms(const Facets& facets, std::vector<Term>& terms);

// Terms of which a match has at least one: sorted, without duplicates, never empty.
using AnyOf = std::vector<Term>;

// What every match has, all of it, without duplicates; nothing if there are no filters.
std::vector<AnyOf> terms_of(const Filters& filters);

}  // namespace assent::store
