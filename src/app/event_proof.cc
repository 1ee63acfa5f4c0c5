#include "app/event_proof.h"

#include "ledger/proof.h"
#include "store/proofs/prover.h"

namespace assent::app {

Result<ProofText> event_proof(const store::Read& read, const EventProof& in) {
  std::optional<std::uint64_t> size;
  if (in.size) size = static_cast<std::uint64_t>(*in.size);
  const std::uint64_t sequence = TRY(sequence_of(read, in.event));
  const auto proof = TRY(read.prover().inclusion(read, sequence, size));
  return ProofText{.raw = ledger::format_proof(proof), .content_type = "text/plain; charset=utf-8"};
}

void describe(Fields& fields, EventProof& in) {
  fields.path("id", in.event, "the event's id, or its sequence");
  fields.query("size", in.size, "of the tree to prove it in; everything that is there if left out",
               {.min = 1});
}

void describe(Fields& fields, ProofText& out) {
  fields.field("proof", out.raw, "C2SP tlog-proof v1, with the signed checkpoint it leads to");
}

}  // namespace assent::app
