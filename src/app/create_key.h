// An API key for a principal; it is shown once and kept as its SHA-256.
#pragma once

#include "app/operation.h"

#include <optional>
#include <string>

namespace assent::app {

struct CreateKey {
  PrincipalId principal;
  std::optional<std::string> name;
  std::optional<Timestamp> expires_at;
};
void describe(Fields& fields, CreateKey& in);

struct CreatedKey {
  KeyId key_id;
  std::optional<std::string> key;  // Shown once; absent from a replayed answer.
};
void describe(Fields& fields, CreatedKey& out);
Result<CreatedKey> create_key(store::Write& write, const CreateKey& in);

}  // namespace assent::app
