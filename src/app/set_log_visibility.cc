#include "app/set_log_visibility.h"

namespace assent::app {

Result<LogVisibility> set_log_visibility(store::Write& write, const SetLogVisibility& in) {
  if (write.tenant().is_public != in.is_public) {
    TRY(write.record({.type = "ledger.visibility_changed",
                      .subject = "tenant/" + write.tenant().name,
                      .data = Json::object({{"public", in.is_public}})}));
  }
  return LogVisibility{.is_public = in.is_public};
}

void describe(Fields& fields, SetLogVisibility& in) {
  fields.field("public", in.is_public, "whether anybody may read the log without a key");
}

void describe(Fields& fields, LogVisibility& out) {
  fields.field("public", out.is_public, "whether anybody may read the log without a key");
}

}  // namespace assent::app
