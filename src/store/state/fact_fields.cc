#include "store/state/fact_fields.h"

namespace assent::store {
namespace {

const Json& nothing() {
  static const Json kNothing;
  return kNothing;
}

const Json& no_items() {
  static const Json kNoItems = Json::array();
  return kNoItems;
}

}  // namespace

const Json* FactFields::find(std::string_view name) const {
  const Json* value = data_.find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const Json& FactFields::any(std::string_view name) const {
  const Json* value = find(name);
  return value == nullptr ? nothing() : *value;
}

std::string_view FactFields::text(std::string_view name) {
  const Json& value = any(name);
  if (value.is_string()) return value.string();
  spoil(name);
  return {};
}

std::optional<std::string_view> FactFields::optional_text(std::string_view name) {
  if (!has(name)) return std::nullopt;
  return text(name);
}

std::int64_t FactFields::integer(std::string_view name) {
  const Json& value = any(name);
  if (value.is_integer()) return value.integer();
  spoil(name);
  return 0;
}

std::optional<std::int64_t> FactFields::optional_integer(std::string_view name) {
  if (!has(name)) return std::nullopt;
  return integer(name);
}

bool FactFields::flag(std::string_view name) {
  const Json& value = any(name);
  if (value.is_bool()) return value.boolean();
  spoil(name);
  return false;
}

Timestamp FactFields::time(std::string_view name) {
  const auto at = from_rfc3339(text(name));
  if (!at) spoil(name);
  return at.value_or(Timestamp{});
}

std::optional<Timestamp> FactFields::optional_time(std::string_view name) {
  if (!has(name)) return std::nullopt;
  return time(name);
}

std::string_view FactFields::content_hash(std::string_view name) {
  const std::string_view hash = text(name);
  if (!content_hash_from_text(hash)) spoil(name);
  return hash;
}

std::optional<std::string_view> FactFields::optional_content_hash(std::string_view name) {
  if (!has(name)) return std::nullopt;
  return content_hash(name);
}

const Json& FactFields::array(std::string_view name) {
  const Json& value = any(name);
  if (value.is_array()) return value;
  spoil(name);
  return no_items();
}

FactFields FactFields::object(std::string_view name) {
  const Json& value = any(name);
  if (!value.is_object()) spoil(name);
  FactFields inner(fact_, value);
  inner.path_ = path_ + std::string(name) + ".";
  return inner;
}

void FactFields::spoil(std::string_view name) {
  if (!spoilt_) spoilt_ = path_ + std::string(name);
}

Result<void> FactFields::finish() const {
  if (!spoilt_) return {};
  return Error{Code::corrupt,
               "The event " + std::string(fact_.type) + " has no proper field " + *spoilt_ + "."};
}

Result<PrincipalId> acting_principal(const Fact& fact) {
  FactFields fields(fact);
  FactFields actor = fields.object("actor");
  TRY(fields.finish());
  const auto id = actor.id<PrincipalId>("id");
  TRY(actor.finish());
  return id;
}

Error impossible(const Fact& fact) {
  return {Code::corrupt, "The event " + std::string(fact.type) + " of " +
                             std::string(fact.subject) +
                             " does not follow from the state before it."};
}

Result<void> require_one(const Fact& fact, std::int64_t changed) {
  if (changed != 1) return impossible(fact);
  return {};
}

}  // namespace assent::store
