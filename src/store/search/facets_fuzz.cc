// The scanner against the parser: whatever both accept, they read alike, and the scanner accepts
// all that is canonical.
#include "base/canonical.h"
#include "base/json.h"
#include "base/result.h"
#include "store/search/facets.h"

namespace {

using assent::Json;
using assent::store::Facets;

void check_same(const Facets::Spelling& found, const Json* object, std::string_view name) {
  const auto text = object == nullptr ? std::nullopt : object->string_at(name);
  CHECK(found.has_value() == text.has_value());
  if (text) CHECK(*found == assent::store::spelling_of(*text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto facets = assent::store::facets_of(text);
  const auto document = assent::parse_json(text);
  if (!document) return 0;
  if (!facets) {
    CHECK(!document->is_object() || assent::canonical_json(*document) != text);
    return 0;
  }
  const Json* inner = document->find("data");
  const Json* actor = inner == nullptr ? nullptr : inner->find("actor");
  const Json* target = inner == nullptr ? nullptr : inner->find("target");
  check_same(facets->id, &*document, "id");
  check_same(facets->type, &*document, "type");
  check_same(facets->subject, &*document, "subject");
  check_same(facets->time, &*document, "time");
  check_same(facets->trace_id, &*document, "traceid");
  check_same(facets->correlation_id, &*document, "correlationid");
  check_same(facets->approval_id, inner, "approvalId");
  check_same(facets->outcome, inner, "outcome");
  check_same(facets->flat_target.type, inner, "targetType");
  check_same(facets->flat_target.id, inner, "targetId");
  check_same(facets->actor_type, actor, "type");
  check_same(facets->actor_id, actor, "id");
  check_same(facets->inner_target.type, target, "type");
  check_same(facets->inner_target.id, target, "id");
  return 0;
}
