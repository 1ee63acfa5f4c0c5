#include "domain/condition.h"

#include "base/text.h"

#include <array>
#include <optional>
#include <utility>

namespace assent {
namespace {

constexpr std::array<std::pair<std::string_view, ConditionType>, 3> kTypes = {
    {{"exact", ConditionType::exact},
     {"pattern", ConditionType::pattern},
     {"any", ConditionType::any}}};

std::optional<ConditionType> type_from(std::string_view text) {
  for (const auto& [name, type] : kTypes) {
    if (name == text) return type;
  }
  return std::nullopt;
}

std::string_view word_of(ConditionType type) {
  for (const auto& [name, each] : kTypes) {
    if (each == type) return name;
  }
  return {};
}

Result<ArgumentCondition> condition_of(std::string_view argument, ConditionType type,
                                       const Json& value, const std::string& path) {
  ArgumentCondition condition{.argument = std::string(argument), .type = type, .value = {}};
  if (type == ConditionType::any) return condition;
  if (type == ConditionType::pattern && (!value.is_string() || value.string().empty())) {
    return error_at(Code::validation_error, path,
                    "must be a text, in which * stands for any run of characters");
  }
  condition.value = value;
  return condition;
}

Result<ArgumentCondition> typed_condition(std::string_view argument, const Json& value,
                                          const std::string& path) {
  for (const auto& [name, member] : value.members()) {
    if (name == "type" || name == "value") continue;
    std::string at = path;
    at.append(".").append(name);
    return error_at(Code::validation_error, std::move(at),
                    "is not known here; known are type value");
  }
  const auto said = value.string_at("type");
  const auto type = said ? type_from(*said) : std::nullopt;
  if (!type)
    return error_at(Code::validation_error, path + ".type", "must be one of exact pattern any");
  const Json* const operand = value.find("value");
  if (*type == ConditionType::any && operand != nullptr && !operand->is_null()) {
    return error_at(Code::validation_error, path + ".value", "must be absent where anything goes");
  }
  if (*type != ConditionType::any && operand == nullptr) {
    return error_at(Code::validation_error, path + ".value", "is missing");
  }
  return condition_of(argument, *type, operand == nullptr ? Json() : *operand, path + ".value");
}

}  // namespace

bool fits(const ArgumentCondition& condition, const Json& arguments) {
  if (condition.type == ConditionType::any) return true;
  const Json* const value = arguments.find(condition.argument);
  if (value == nullptr) return false;
  if (condition.type == ConditionType::exact) return *value == condition.value;
  return value->is_string() && condition.value.is_string() &&
         matches_glob(condition.value.string(), value->string());
}

int specificity(const ArgumentCondition& condition) {
  switch (condition.type) {
    case ConditionType::exact:
      return 2;
    case ConditionType::pattern:
      return condition.value.is_string() &&
                     condition.value.string().find_first_not_of('*') != std::string::npos
                 ? 1
                 : 0;
    case ConditionType::any:
      return 0;
  }
  return 0;
}

Result<ArgumentCondition> condition_from_json(std::string_view argument, const Json& value,
                                              const std::string& path, ConditionNotation notation) {
  const bool is_typed_only = notation == ConditionNotation::typed;
  if (value.is_object() && (is_typed_only || value.find("type") != nullptr)) {
    return typed_condition(argument, value, path);
  }
  if (is_typed_only) {
    return error_at(Code::validation_error, path,
                    "must be {type: exact, value: …}, {type: pattern, …} or {type: any}");
  }
  const bool is_single = value.is_object() && value.members().size() == 1;
  const auto type = is_single ? type_from(value.members().front().first) : std::nullopt;
  if (!type)
    return error_at(Code::validation_error, path,
                    "must be {exact: …}, {pattern: …} or {any: true}");
  const auto& [name, operand] = value.members().front();
  if (*type == ConditionType::any && operand != Json(true)) {
    return error_at(Code::validation_error, path + "." + name, "must be true");
  }
  return condition_of(argument, *type, operand, path + "." + name);
}

Json to_json(std::span<const ArgumentCondition> conditions) {
  Json object = Json::object();
  for (const ArgumentCondition& condition : conditions) {
    Json written = Json::object({{"type", word_of(condition.type)}});
    if (condition.type != ConditionType::any) written.set("value", condition.value);
    object.set(condition.argument, std::move(written));
  }
  return object;
}

}  // namespace assent
