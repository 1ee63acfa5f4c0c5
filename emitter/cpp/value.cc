#include "emitter/cpp/value.h"

#include "base/text.h"
#include "emitter/cpp/json_read.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace assent::emitter {
namespace {

constexpr std::int64_t kIntegerMax = 9007199254740991;
// From here on the canonical form has an exponent, which says that it is no integer.
constexpr double kExponentMin = 1e21;

// So many are compared with each other.
constexpr std::size_t kFewMembers = 16;

constexpr std::string_view kTooDeep = "is nested too deep";
constexpr std::string_view kBeyond = "is beyond ±9007199254740991";

// Where a fault was found: the members and places that lead to it, innermost first, are only
// written down once there is one. A fault of depth has no path: it would be as long as it is deep.
struct Found {
  std::string_view fault;
  std::string place;
  bool is_placed = true;
};

void prepend(Found& found, std::string_view name) {
  if (found.is_placed) found.place = "." + std::string(name) + found.place;
}
void prepend(Found& found, std::size_t index) {
  if (found.is_placed) found.place = "[" + std::to_string(index) + "]" + found.place;
}

Error error_of(const Found& found, std::string_view path) {
  std::string field(path);
  if (found.is_placed) field += found.place;
  return invalid(std::move(field), found.fault);
}

std::optional<Found> convert(const Value& value, Json& out, std::size_t depth);

std::optional<Found> convert_items(const Value::Array& items, Json& out, std::size_t depth) {
  Json::Array made;
  made.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto found = convert(items[i], made.emplace_back(), depth + 1)) {
      prepend(*found, i);
      return found;
    }
  }
  out = Json(std::move(made));
  return std::nullopt;
}

std::optional<Found> convert_members(const Value::Object& members, Json& out, std::size_t depth) {
  out = Json::object();
  out.members().reserve(members.size());
  for (const auto& [name, member] : members) {
    if (!is_utf8(name)) return Found{.fault = "has a name that is not Unicode text"};
    auto& made = out.members().emplace_back(name, nullptr);
    if (auto found = convert(member, made.second, depth + 1)) {
      prepend(*found, name);
      return found;
    }
  }
  return std::nullopt;
}

std::optional<Found> convert(const Value& value, Json& out, std::size_t depth) {
  const Value::Variant& variant = value.variant();
  if (const auto* text = std::get_if<std::string>(&variant)) {
    if (!is_utf8(*text)) return Found{.fault = "is not Unicode text"};
    out = Json(*text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&variant)) {
    out = Json(*integer);
  } else if (const auto* number = std::get_if<double>(&variant)) {
    out = Json(*number);
  } else if (const auto* boolean = std::get_if<bool>(&variant)) {
    out = Json(*boolean);
  } else if (std::holds_alternative<std::nullptr_t>(variant)) {
    out = Json();
  } else if (depth > kDepthMax) {
    return Found{.fault = kTooDeep, .is_placed = false};
  } else if (const auto* items = std::get_if<Value::Array>(&variant)) {
    return convert_items(*items, out, depth);
  } else if (const auto* members = std::get_if<Value::Object>(&variant)) {
    return convert_members(*members, out, depth);
  }
  return std::nullopt;
}

std::optional<Found> fault_of_number(const Json& value) {
  if (value.is_integer()) {
    if (value.integer() > kIntegerMax || value.integer() < -kIntegerMax) return Found{kBeyond};
    return std::nullopt;
  }
  const double number = value.number();
  if (!std::isfinite(number)) return Found{.fault = "is not a finite number"};
  const double size = std::abs(number);
  if (size > static_cast<double>(kIntegerMax) && size < kExponentMin) return Found{kBeyond};
  return std::nullopt;
}

std::optional<Found> fault_of(const Json& value, std::size_t depth) {
  if (value.is_number()) return fault_of_number(value);
  if (!value.is_array() && !value.is_object()) return std::nullopt;
  if (depth >= kDepthMax) return Found{.fault = kTooDeep, .is_placed = false};
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      if (auto found = fault_of(value.items()[i], depth + 1)) {
        prepend(*found, i);
        return found;
      }
    }
    return std::nullopt;
  }
  for (const auto& [name, member] : value.members()) {
    if (auto found = fault_of(member, depth + 1)) {
      prepend(*found, name);
      return found;
    }
  }
  return std::nullopt;
}

bool has_unique_names(const Value::Object& members) {
  if (members.size() <= kFewMembers) {
    for (auto one = members.begin(); one != members.end(); ++one) {
      const auto is_same = [&](const Value::Member& other) { return other.first == one->first; };
      if (std::any_of(members.begin(), one, is_same)) return false;
    }
    return true;
  }
  std::set<std::string_view> names;
  return std::ranges::all_of(
      members, [&](const Value::Member& member) { return names.insert(member.first).second; });
}

}  // namespace

Error invalid(std::string field, std::string_view message) {
  std::string sentence = field + " ";
  sentence += message;
  return {.fault = Fault::invalid_event, .message = std::move(sentence), .field = std::move(field)};
}

Result<Json> to_json(const Value& value, std::string_view path) {
  Json out;
  if (auto found = convert(value, out, 1)) return error_of(*found, path);
  return out;
}

Value from_json(const Json& json) {
  if (json.is_bool()) return Value(json.boolean());
  if (json.is_integer()) return Value(json.integer());
  if (json.is_double()) return Value(json.number());
  if (json.is_string()) return Value(json.string());
  if (json.is_array()) {
    Value::Array items;
    items.reserve(json.items().size());
    for (const Json& item : json.items()) items.push_back(from_json(item));
    return Value(std::move(items));
  }
  if (json.is_object()) {
    Value::Object members;
    members.reserve(json.members().size());
    for (const auto& [name, member] : json.members()) members.emplace_back(name, from_json(member));
    return Value::object(std::move(members));
  }
  return Value();
}

Result<Json> checked(Json value, std::string_view path, std::size_t depth) {
  if (auto found = fault_of(value, depth)) return error_of(*found, path);
  return value;
}

Value Value::object(Object members) {
  Value made;
  if (has_unique_names(members)) {
    made.value_ = std::move(members);
    return made;
  }
  Object& kept = made.value_.emplace<Object>();
  kept.reserve(members.size());
  std::map<std::string_view, std::size_t> places;
  for (auto& [name, value] : members) {
    const auto [found, is_new] = places.emplace(name, kept.size());
    if (is_new) {
      kept.emplace_back(name, std::move(value));
    } else {
      kept[found->second].second = std::move(value);
    }
  }
  return made;
}

Result<Value> Value::parse(std::string_view json) {
  auto read = read_json(json);
  if (!read) return invalid("value", read.error().message);
  return from_json(*read);
}

void Value::set(std::string name, Value value) {
  auto& members = std::get<Object>(value_);
  const auto found =
      std::ranges::find_if(members, [&](const Member& member) { return member.first == name; });
  if (found != members.end()) {
    found->second = std::move(value);
  } else {
    members.emplace_back(std::move(name), std::move(value));
  }
}

}  // namespace assent::emitter
