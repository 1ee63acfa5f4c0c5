// The canonical form of a text is that of its value, a fixed point, and stands for an equal value;
// the two ways to it accept the same texts and complain alike.
#include "base/canonical.h"
#include "base/json_scan.h"
#include "base/text.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace assent;

// Equal, whichever kind a number is of: 56.0 becomes 56.
bool is_same(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return a.number() == b.number();
  if (a.is_array() && b.is_array()) {
    if (a.items().size() != b.items().size()) return false;
    for (std::size_t i = 0; i < a.items().size(); ++i) {
      if (!is_same(a.items()[i], b.items()[i])) return false;
    }
    return true;
  }
  if (a.is_object() && b.is_object()) {
    if (a.members().size() != b.members().size()) return false;
    for (const auto& [name, value] : a.members()) {
      const Json* const other = b.find(name);
      if (other == nullptr || !is_same(value, *other)) return false;
    }
    return true;
  }
  return a == b;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = parse_json(text);
  const auto canonical = canonicalise(text);
  CHECK(value.has_value() == canonical.has_value());
  if (!value) {
    CHECK(canonical.error().detail == value.error().detail);
    CHECK(canonical.error().fields.at(0).path == value.error().fields.at(0).path);
    return 0;
  }
  CHECK(*canonical == canonical_json(*value));
  CHECK(is_utf8(*canonical));
  CHECK(canonicalise(*canonical).value() == *canonical);
  const auto again = parse_json(*canonical);
  CHECK(again.has_value() && is_same(*value, *again));

  std::vector<RawMember> members;
  CHECK(scan_canonical_object(*canonical, members) == value->is_object());
  return 0;
}
