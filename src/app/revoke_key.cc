#include "app/revoke_key.h"

#include "store/state/principals.h"

namespace assent::app {

Result<RevokedKey> revoke_key(store::Write& write, const RevokeKey& in) {
  const Key key = TRY(store::key(write, in.key));
  if (key.revoked_at) return Error{Code::invalid_state, "the key is revoked already"};
  TRY(write.record(
      {.type = "key.revoked",
       .subject = "key/" + key.id.text(),
       .data = Json::object({{"keyId", key.id.text()}, {"principalId", key.principal.text()}})}));
  return RevokedKey{.key_id = key.id, .principal_id = key.principal, .revoked_at = write.now()};
}

void describe(Fields& fields, RevokeKey& in) {
  fields.path("id", in.key, "the key");
}

void describe(Fields& fields, RevokedKey& out) {
  fields.field("keyId", out.key_id, "the key");
  fields.field("principalId", out.principal_id, "whose it was");
  fields.field("revokedAt", out.revoked_at, "the commit's time");
}

}  // namespace assent::app
