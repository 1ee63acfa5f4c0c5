#include "app/log_consistency.h"

#include "base/text.h"
#include "store/proofs/prover.h"

namespace assent::app {

Result<ConsistencyProof> log_consistency(const store::Read& read, const LogConsistency& in) {
  const ledger::Growth growth{.from = static_cast<ledger::Size>(in.from),
                              .to = static_cast<ledger::Size>(in.to)};
  ConsistencyProof out{.from = in.from, .to = in.to, .proof = {}};
  for (const Hash& hash : TRY(store::Prover::consistency(read, growth))) {
    out.proof.push_back(to_base64(as_bytes(hash)));
  }
  return out;
}

void describe(Fields& fields, LogConsistency& in) {
  fields.query("from", in.from, "the older size", {.min = 0});
  fields.query("to", in.to, "the newer size", {.min = 0});
}

void describe(Fields& fields, ConsistencyProof& out) {
  fields.field("from", out.from, "the older size");
  fields.field("to", out.to, "the newer size");
  fields.field("proof", out.proof, "the hashes of RFC 6962 2.1.2, in base64");
}

}  // namespace assent::app
