#include "app/rotate_log_key.h"

#include "base/text.h"
#include "store/tenants.h"

namespace assent::app {

Result<void> prepare(RotateLogKey& in, const Preparation&) {
  if (!is_blank(in.rationale)) return {};
  return error_at(Code::validation_error, "rationale", "must say why");
}

Result<RotatedLogKey> rotate_log_key(store::Write& write, const RotateLogKey& in) {
  const auto current = TRY(store::current_log_key(write));
  const std::int64_t generation = current.generation + 1;
  auto verifier_key =
      TRY(write.verifier_key(write.tenant().origin, static_cast<ledger::Generation>(generation)));
  RotatedLogKey rotated{.generation = generation,
                        .verifier_key = std::move(verifier_key),
                        .previous_verifier_key = current.verifier_key};
  const auto where =
      TRY(write.record({.type = "ledger.key_rotated",
                        .subject = "ledger/" + write.tenant().name,
                        .data = Json::object({{"generation", rotated.generation},
                                              {"verifierKey", rotated.verifier_key},
                                              {"previousVerifierKey", current.verifier_key},
                                              {"reason", word(in.reason)},
                                              {"rationale", in.rationale}})}));
  rotated.from_size = static_cast<std::int64_t>(where.sequence) + 1;
  return rotated;
}

void describe(Fields& fields, RotateLogKey& in) {
  fields.field("reason", in.reason, "scheduled, or compromised: the old key is not to be trusted");
  fields.field("rationale", in.rationale, "why", {.length_max = 2000, .allows_newlines = true});
}

void describe(Fields& fields, RotatedLogKey& out) {
  fields.field("generation", out.generation, "which of the log's keys it is, from 1");
  fields.field("verifierKey", out.verifier_key, "verifies the log's checkpoints from now on");
  fields.field("previousVerifierKey", out.previous_verifier_key, "verified them until now");
  fields.field("fromSize", out.from_size, "the first size whose checkpoint the new key signs");
}

}  // namespace assent::app
