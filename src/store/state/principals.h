// Principals and their keys, as the state tables have them. Errors as in approvals.h.
//
// Who is calling is not asked here but of Identities, which is in memory.
#pragma once

#include "base/result.h"
#include "domain/principal.h"
#include "store/read.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace assent::store {

Result<Principal> principal(const Read& read, const PrincipalId& id);

// Oldest first, those after `after`, at most `limit`.
Result<std::vector<Principal>> list_principals(const Read& read,
                                               const std::optional<PrincipalId>& after,
                                               std::int64_t limit);

// The same of the humans only.
Result<std::vector<Principal>> list_humans(const Read& read,
                                           const std::optional<PrincipalId>& after,
                                           std::int64_t limit);

Result<Key> key(const Read& read, const KeyId& id);

// Revoked and expired ones too, oldest first.
Result<std::vector<Key>> keys_of(const Read& read, const PrincipalId& principal);

}  // namespace assent::store
