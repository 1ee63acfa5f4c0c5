// The answers already given under an idempotency key, kept in the same commit as what they answer.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/event.h"
#include "store/connection.h"

#include <cstdint>
#include <optional>
#include <string>

namespace assent::store {

// Whose key, and for what: keys of two principals, or of two routes, never meet.
struct IdempotencyKey {
  std::int64_t tenant = 0;  // The tenant's number.
  std::string principal;
  std::string route;
  std::string key;
};

struct IdempotentAnswer {
  Hash fingerprint{};  // Of the request; another one under the same key is a conflict.
  std::string answer;
  TraceId trace;  // Of the original call.
  Timestamp at;
  // The last event of what was answered; nothing if there was none. Receipts are for it.
  std::optional<std::uint64_t> sequence = {};
};

// The earlier answer, or nothing if the key is new.
Result<std::optional<IdempotentAnswer>> find_idempotent(Connection& connection,
                                                        const IdempotencyKey& key);
// REQUIRES: the key is new.
Result<void> keep_idempotent(Connection& connection, const IdempotencyKey& key,
                             const IdempotentAnswer& answer);

// Forgets answers given before `before`, the oldest first, at most `limit`.
Result<void> forget_idempotent(Connection& connection, Timestamp before, std::int64_t limit);

}  // namespace assent::store
