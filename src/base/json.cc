#include "base/json.h"

#include <algorithm>

namespace assent {
namespace {

// Below this many members, looking at each beats sorting.
constexpr std::size_t kFewMembers = 16;

using Sorted = std::vector<const Json::Member*>;

Sorted sorted_by_name(const Json::Object& members) {
  Sorted sorted;
  sorted.reserve(members.size());
  for (const auto& member : members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  return sorted;
}

bool equal_members(const Json::Object& a, const Json::Object& b) {
  if (a.size() != b.size()) return false;
  if (a.size() > kFewMembers) {
    const Sorted left = sorted_by_name(a);
    const Sorted right = sorted_by_name(b);
    return std::equal(left.begin(), left.end(), right.begin(),
                      [](const auto* x, const auto* y) { return *x == *y; });
  }
  return std::all_of(a.begin(), a.end(), [&b](const Json::Member& member) {
    return std::find(b.begin(), b.end(), member) != b.end();
  });
}

}  // namespace

double Json::number() const {
  return is_integer() ? static_cast<double>(integer()) : std::get<3>(value_);
}

const Json* Json::find(std::string_view name) const {
  const auto* const object = std::get_if<Object>(&value_);
  if (object == nullptr) return nullptr;
  for (const auto& [key, value] : *object) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<std::string_view> Json::string_at(std::string_view name) const {
  const Json* const member = find(name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return member->string();
}

std::optional<std::int64_t> Json::integer_at(std::string_view name) const {
  const Json* const member = find(name);
  if (member == nullptr || !member->is_integer()) return std::nullopt;
  return member->integer();
}

Json& Json::set(std::string name, Json value) {
  for (auto& [key, old] : members()) {
    if (key != name) continue;
    old = std::move(value);
    return *this;
  }
  members().emplace_back(std::move(name), std::move(value));
  return *this;
}

bool operator==(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) return equal_members(a.members(), b.members());
  return a.value_ == b.value_;
}

}  // namespace assent
