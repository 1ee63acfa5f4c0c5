#include "app/get_policy.h"

#include "store/state/policies.h"

namespace assent::app {

Result<PolicyView> get_policy(const store::Read& read, const GetPolicy& in) {
  const auto current = TRY(store::current_policy(read));
  const std::int64_t version = in.version.value_or(current.version);
  if (version == 0) return PolicyView{};
  auto text = TRY(store::policy_text(read, version));
  const std::string hash = content_hash_text(sha256(text));
  return PolicyView{.version = version, .sha256 = hash, .document = std::move(text)};
}

void describe(Fields& fields, GetPolicy& in) {
  fields.query("version", in.version, "default: the one in force", {.min = 0});
}

void describe(Fields& fields, PolicyView& view) {
  fields.field("version", view.version, "0: nobody has put one, so people decide everything");
  fields.field("sha256", view.sha256, "of the document");
  fields.field("document", view.document, "the text as it was put");
}

}  // namespace assent::app
