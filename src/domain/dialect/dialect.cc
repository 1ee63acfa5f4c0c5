#include "domain/dialect/dialect.h"

#include "domain/dialect/system.h"

#include <algorithm>
#include <array>

namespace assent {
namespace {

using dialect::Name;
using dialect::System;

constexpr std::array<std::string_view, 3> kWords = {"canonical", "butlers", "kernel"};

// By enumerator; canonical has none.
const System* system_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::canonical:
      return nullptr;
    case Dialect::butlers:
      return &dialect::butlers();
    case Dialect::kernel:
      return &dialect::kernel();
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
  if (is_event_type(wanted)) types.push_back(wanted);
  each_system([&](const System& system) {
    for (const Name& name : system.names) {
      if (in_lower_case(name.name) == wanted) types.emplace_back(name.type);
    }
  });
  sort_out(types);
  return types;
}

bool is_meant_by(std::string_view spelling, const StoredEvent& event) {
  const std::string wanted = in_lower_case(spelling);
  if (wanted == event.type) return true;
  bool is_meant = false;
  each_system([&](const System& system) {
    const auto may_mean = [&](const Name& name) {
      return name.type == event.type && in_lower_case(name.name) == wanted;
    };
    if (is_meant || std::none_of(system.names.begin(), system.names.end(), may_mean)) return;
    const auto row = system.translate(event);
    if (row) is_meant = in_lower_case(row->string_at(system.name_member).value_or("")) == wanted;
  });
  return is_meant;
}

}  // namespace assent
