#include "app/cursor.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "base/text.h"

namespace assent::app {

namespace {

constexpr std::size_t kBindingBytes = 16;

std::string binding_of(TenantNumber tenant, const Json& filter) {
  const std::string text =
      std::to_string(static_cast<std::int64_t>(tenant)) + "\n" + canonical_json(filter);
  const Hash hash = sha256(text);
  return std::string(as_bytes(hash).substr(0, kBindingBytes));
}

Error refused() {
  return {Code::validation_error,
          "cursor is not one of this list",
          {{"cursor", "is malformed, or belongs to another list or filter"}}};
}

}  // namespace

Json filter_of(Json input) {
  std::erase_if(input.members(), [](const auto& member) {
    return member.first == "limit" || member.first == "cursor";
  });
  return input;
}

std::string make_cursor(TenantNumber tenant, const Json& filter, const Json& place) {
  return to_base64url(binding_of(tenant, filter) + canonical_json(place));
}

Result<Json> open_cursor(std::string_view cursor, TenantNumber tenant, const Json& filter) {
  const auto bytes = from_base64url(cursor);
  if (!bytes || bytes->size() <= kBindingBytes) return refused();
  if (bytes->substr(0, kBindingBytes) != binding_of(tenant, filter)) return refused();
  auto place = parse_json(std::string_view(*bytes).substr(kBindingBytes));
  if (!place || !place->is_object()) return refused();
  return place;
}

}  // namespace assent::app
