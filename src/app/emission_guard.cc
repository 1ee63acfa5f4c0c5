#include "app/emission_guard.h"

#include "store/state/obligations.h"
#include "store/state/producers.h"

namespace assent::app {

namespace {

bool has_proof(const EmittedEvent& event) {
  return event.proof && event.proof->type != ProofType::none;
}

std::string numbered(const EmittedBy& producer) {
  return std::to_string(producer.sequence) + " of the producer " + producer.id;
}

}  // namespace

Result<void> EmissionGuard::check(std::size_t index) {
  TRY(check_type(index));
  TRY(check_proof(index));
  if (in_.events[index].producer) TRY(check_number(index));
  if (in_.events[index].causation_id) TRY(check_obligation(index));
  return {};
}

Result<const Policy*> EmissionGuard::policy() {
  if (!policy_) policy_ = TRY(write_.policy());
  return policy_.get();
}

Result<void> EmissionGuard::check_type(std::size_t index) {
  const std::string& type = in_.events[index].type;
  if (may_emit(*TRY(policy()), type, write_.caller().principal)) return {};
  return error_at(Code::insufficient_permissions, path_of(in_, index, "type"),
                  "is not yours to emit: the policy says whose " + type + " is");
}

Result<void> EmissionGuard::check_proof(std::size_t index) {
  const EmittedEvent& event = in_.events[index];
  if (event.outcome != EmitOutcome::success) return {};
  const ProofDemand demand = proof_demanded(*TRY(policy()), event.type);
  if (demand == ProofDemand::none) return {};
  if (!has_proof(event)) {
    return error_at(Code::unprocessable, path_of(in_, index, "proof"),
                    "is required: the policy demands it of every success of " + event.type);
  }
  if (demand == ProofDemand::verified && is_unverified(*event.proof)) {
    return error_at(
        Code::unprocessable, path_of(in_, index, "proof.sha256"),
        "is required: the policy demands a verified proof of every success of " + event.type);
  }
  return {};
}

Result<void> EmissionGuard::check_number(std::size_t index) {
  const EmittedBy& producer = *in_.events[index].producer;
  const auto [expected, is_new] = next_.try_emplace(producer.id, 0);
  if (!is_new && expected->second == producer.sequence) {
    ++expected->second;
    return {};
  }
  const auto numbering = TRY(store::numbering(write_, {.producer = producer.id,
                                                       .sequence = producer.sequence,
                                                       .principal = write_.caller().principal.id}));
  if (numbering == store::Numbering::foreign) {
    return error_at(Code::insufficient_permissions, path_of(in_, index, "producer.id"),
                    "is another principal's: the first to use a producer's name keeps it");
  }
  if (numbering == store::Numbering::seen) {
    return error_at(Code::idempotency_conflict, path_of(in_, index, "producer.sequence"),
                    "is used already: another event has the number " + numbered(producer));
  }
  if (numbering == store::Numbering::next || numbering == store::Numbering::skips) {
    expected->second = producer.sequence + 1;
  }
  return {};
}

// Whoever may begin such a thing may say how it ended, and nobody else: the log would take their
// word for it.
Result<void> EmissionGuard::check_obligation(std::size_t index) {
  if (in_.events[index].outcome == EmitOutcome::pending) return {};
  const Event& said = *in_.rendered[index].said;
  const auto owed = TRY(store::find_obligation(write_, *said.causation));
  if (!owed || said.data.string_at("targetType") != owed->target_type ||
      said.data.string_at("targetId") != owed->target_id) {
    return {};
  }
  if (!may_emit(*TRY(policy()), owed->type, write_.caller().principal)) {
    return error_at(
        Code::insufficient_permissions, path_of(in_, index, "causationId"),
        "is an obligation that is not yours to close: the policy says whose " + owed->type + " is");
  }
  if (!owed->closed_by) return {};
  return error_at(Code::invalid_state, path_of(in_, index, "causationId"),
                  "is an obligation that " + owed->closed_by->text() + " has closed already");
}

}  // namespace assent::app
