#include "app/create_key.h"

#include "store/identities.h"
#include "store/state/principals.h"

namespace assent::app {

Result<CreatedKey> create_key(store::Write& write, const CreateKey& in) {
  const Principal principal = TRY(store::principal(write, in.principal));
  // A key of an operator would be a way round the rule above.
  if (principal.has(Role::operator_) && !write.caller().principal.has(Role::operator_)) {
    return Error{Code::insufficient_permissions, "only an operator may make an operator's key"};
  }
  if (in.expires_at && *in.expires_at <= write.now()) {
    return error_at(Code::unprocessable, "expiresAt", "must be in the future");
  }
  const auto key = store::make_key(write.random());
  const auto id = write.make_id<KeyId>();
  Json data = Json::object({{"keyId", id.text()},
                            {"principalId", principal.id.text()},
                            {"keyHash", content_hash_text(key.hash)}});
  data.set_if("name", in.name);
  if (in.expires_at) data.set("expiresAt", to_rfc3339(*in.expires_at));
  TRY(write.record(
      {.type = "key.created", .subject = "key/" + id.text(), .data = std::move(data)}));
  return CreatedKey{.key_id = id, .key = key.raw};
}

void describe(Fields& fields, CreateKey& in) {
  fields.path("id", in.principal, "whose key it is");
  fields.field("name", in.name, "what it is for", {.length_max = 255});
  fields.field("expiresAt", in.expires_at, "when it stops working");
}

void describe(Fields& fields, CreatedKey& out) {
  fields.field("keyId", out.key_id, "names the key without being it");
  fields.field("key", out.key, "the key itself; shown this once");
}

}  // namespace assent::app
