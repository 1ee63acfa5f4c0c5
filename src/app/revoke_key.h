// A key stops working with the commit that says so.
#pragma once

#include "app/operation.h"

namespace assent::app {

struct RevokeKey {
  KeyId key;
};
void describe(Fields& fields, RevokeKey& in);

struct RevokedKey {
  KeyId key_id;
  PrincipalId principal_id;
  Timestamp revoked_at;
};
void describe(Fields& fields, RevokedKey& out);
Result<RevokedKey> revoke_key(store::Write& write, const RevokeKey& in);

}  // namespace assent::app
