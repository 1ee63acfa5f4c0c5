// What one system's file gives to dialect.cc, and what several of them need.
#pragma once

#include "base/json.h"
#include "domain/event.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assent::dialect {

// What a system calls a canonical type.
struct Name {
  std::string_view type;
  std::string_view name;
};

// How the source's code spells a name as a constant, besides upper case.
enum class Constants { as_they_are, dots_are_underscores };

struct System {
  // By type; a type with several names is there several times. Empty: every event has a row.
  std::span<const Name> names;
  std::string_view name_member;  // Where a row carries the name.
  std::optional<Json> (*translate)(const StoredEvent&);
  Constants constants = Constants::as_they_are;
};
const System& butlers();
const System& kernel();
const System& charter();
const System& rtv();

// The names of a table whose rows begin with type and name, checked at compile time to be sorted.
template <class Row, std::size_t N>
consteval std::array<Name, N> names_in(const std::array<Row, N>& rows) {
  std::array<Name, N> names{};
  for (std::size_t i = 0; i < N; ++i) names[i] = {rows[i].type, rows[i].name};
  const bool is_sorted = std::is_sorted(
      names.begin(), names.end(), [](const Name& a, const Name& b) { return a.type < b.type; });
  if (!is_sorted) std::abort();  // Which is no constant expression.
  return names;
}

// The first row for the event's type that applies to it.
template <class Row, std::size_t N>
const Row* row_for(const std::array<Row, N>& rows, const StoredEvent& event) {
  const auto by_type = [](const Row& row, std::string_view type) { return row.type < type; };
  auto row = std::lower_bound(rows.begin(), rows.end(), event.type, by_type);
  for (; row != rows.end() && row->type == event.type; ++row) {
    if (row->applies == nullptr || row->applies(event)) return &*row;
  }
  return nullptr;
}

// `apr_01j9…` as the bare UUID that it is; any other text as it stands.
std::string bare_id(std::string_view id);
// The UUID alone, or null for any other text: for columns that take nothing else.
Json uuid_or_null(std::string_view id);
// The same of the member.
Json uuid_at(const Json& data, std::string_view name);

// The member, or null where there is none.
Json value_at(const Json& data, std::string_view name);
// The member's member, or null.
Json value_at(const Json& data, std::string_view outer, std::string_view inner);

// Who did it. Every stored event has both.
std::string_view actor_type_of(const StoredEvent& event);
std::string_view actor_id_of(const StoredEvent& event);

}  // namespace assent::dialect
