#include "domain/dialect/system.h"

#include "base/id.h"

namespace assent::dialect {
namespace {

constexpr std::size_t kPrefixLetters = 3;

std::optional<UuidBytes> uuid_in(std::string_view id) {
  if (id.size() <= kPrefixLetters || id[kPrefixLetters] != '_') return std::nullopt;
  return uuid_from_base32(id.substr(kPrefixLetters + 1));
}

std::string_view actor_member(const StoredEvent& event, std::string_view name) {
  const Json* const actor = event.data.find("actor");
  return actor == nullptr ? std::string_view() : actor->string_at(name).value_or("");
}

}  // namespace

std::string bare_id(std::string_view id) {
  const auto uuid = uuid_in(id);
  return uuid ? uuid_text(*uuid) : std::string(id);
}

Json uuid_or_null(std::string_view id) {
  const auto uuid = uuid_in(id);
  return uuid ? Json(uuid_text(*uuid)) : Json();
}

Json uuid_at(const Json& data, std::string_view name) {
  return uuid_or_null(data.string_at(name).value_or(""));
}

Json value_at(const Json& data, std::string_view name) {
  const Json* const value = data.find(name);
  return value == nullptr ? Json() : *value;
}

Json value_at(const Json& data, std::string_view outer, std::string_view inner) {
  const Json* const object = data.find(outer);
  return object == nullptr ? Json() : value_at(*object, inner);
}

std::string_view actor_type_of(const StoredEvent& event) {
  return actor_member(event, "type");
}

std::string_view actor_id_of(const StoredEvent& event) {
  return actor_member(event, "id");
}

}  // namespace assent::dialect
