#include "domain/dialect/dialect.h"

#include "domain/dialect/system.h"

#include <algorithm>
#include <array>

namespace assent {
namespace {

using dialect::Constants;
using dialect::Name;
using dialect::System;

constexpr std::array<std::string_view, 5> kWords = {"canonical", "butlers", "kernel", "rtv",
                                                    "charter"};

// By enumerator; canonical has none.
const System* system_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::canonical:
      return nullptr;
    case Dialect::butlers:
      return &dialect::butlers();
    case Dialect::kernel:
      return &dialect::kernel();
    case Dialect::rtv:
      return &dialect::rtv();
    case Dialect::charter:
      return &dialect::charter();
  }
  return nullptr;
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Whether the system, or a constant of its code, spells the name so. `wanted` is in lower case.
bool is_spelt(const System& system, std::string_view name, std::string_view wanted) {
  std::string spelt = in_lower_case(name);
  if (spelt == wanted) return true;
  if (system.constants == Constants::as_they_are) return false;
  std::replace(spelt.begin(), spelt.end(), '.', '_');
  return spelt == wanted;
}

void sort_out(std::vector<std::string>& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

template <class Visit>
void each_system(Visit visit) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    const System* const system = system_of(static_cast<Dialect>(i));
    if (system != nullptr) visit(*system);
  }
}

}  // namespace

template <>
std::span<const std::string_view> words<Dialect>() {
  return kWords;
}

std::optional<Json> translate(Dialect dialect, const StoredEvent& event) {
  const System* const system = system_of(dialect);
  if (system == nullptr) return std::nullopt;
  return system->translate(event);
}

std::optional<Shown> shown_by(Dialect dialect) {
  const System* const system = system_of(dialect);
  if (system == nullptr || system->names.empty()) return std::nullopt;
  Shown shown;
  for (const Name& name : system->names) {
    shown.types.emplace_back(name.type);
    shown.names.emplace_back(name.name);
  }
  sort_out(shown.types);
  sort_out(shown.names);
  return shown;
}

std::vector<std::string> canonical_types(std::string_view spelling) {
  const std::string wanted = in_lower_case(spelling);
  std::vector<std::string> types;
  each_system([&](const System& system) {
    for (const Name& name : system.names) {
      if (is_spelt(system, name.name, wanted)) types.emplace_back(name.type);
    }
  });
  // Emitters may use a system's name as their type, except in the engine's families: there it is no
  // type but that system's name for another one.
  if (is_event_type(wanted) && (types.empty() || !is_governed_type(wanted))) {
    types.push_back(wanted);
  }
  sort_out(types);
  return types;
}

bool is_meant_by(std::string_view spelling, const StoredEvent& event) {
  const std::string wanted = in_lower_case(spelling);
  if (wanted == event.type) return true;
  bool is_meant = false;
  each_system([&](const System& system) {
    const auto may_mean = [&](const Name& name) {
      return name.type == event.type && is_spelt(system, name.name, wanted);
    };
    if (is_meant || std::none_of(system.names.begin(), system.names.end(), may_mean)) return;
    const auto row = system.translate(event);
    if (row) is_meant = is_spelt(system, row->string_at(system.name_member).value_or(""), wanted);
  });
  return is_meant;
}

}  // namespace assent
