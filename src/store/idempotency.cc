#include "store/idempotency.h"

namespace assent::store {

namespace {

constexpr std::string_view kForget = R"sql(
  DELETE FROM idempotency
   WHERE (tenant, principal, route, key) IN (SELECT tenant, principal, route, key
                                               FROM idempotency
                                              WHERE at < $1
                                              ORDER BY at
                                              LIMIT $2))sql";

constexpr std::string_view kFind = R"sql(
  SELECT fingerprint, answer, trace, at, sequence
    FROM idempotency
   WHERE tenant = $1 AND principal = $2 AND route = $3 AND key = $4)sql";

constexpr std::string_view kKeep = R"sql(
  INSERT INTO idempotency (tenant, principal, route, key, fingerprint, answer, trace, at,
                           sequence)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))sql";

Result<IdempotentAnswer> answer_from(const Rows& rows) {
  const auto fingerprint = hash_from_bytes(rows.bytes(0));
  if (!fingerprint) return Error{Code::corrupt, "a kept answer's fingerprint is not a hash"};
  std::optional<std::uint64_t> sequence;
  if (!rows.is_null(4)) sequence = static_cast<std::uint64_t>(rows.integer(4));
  return IdempotentAnswer{.fingerprint = *fingerprint,
                          .answer = std::string(rows.text(1)),
                          .trace = std::string(rows.text(2)),
                          .at = from_microseconds(rows.integer(3)),
                          .sequence = sequence};
}

}  // namespace

Result<std::optional<IdempotentAnswer>> find_idempotent(Connection& connection,
                                                        const IdempotencyKey& key) {
  const auto rows = TRY(connection.query(kFind, {key.tenant, key.principal, key.route, key.key}));
  if (!TRY(rows->next())) return std::optional<IdempotentAnswer>();
  return std::optional(TRY(answer_from(*rows)));
}

Result<void> keep_idempotent(Connection& connection, const IdempotencyKey& key,
                             const IdempotentAnswer& answer) {
  Parameter sequence;
  if (answer.sequence) sequence = static_cast<std::int64_t>(*answer.sequence);
  TRY(connection.run(
      kKeep, {key.tenant, key.principal, key.route, key.key, Bytes{as_bytes(answer.fingerprint)},
              answer.answer, answer.trace, to_microseconds(answer.at), sequence}));
  return {};
}

Result<void> forget_idempotent(Connection& connection, Timestamp before, std::int64_t limit) {
  TRY(connection.run(kForget, {to_microseconds(before), limit}));
  return {};
}

}  // namespace assent::store
