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
  TRY(check_proof(index));
  if (in_.events[index].producer) TRY(check_number(index));
  if (in_.events[index].causation_id) TRY(check_obligation(index));
  return {};
}

Result<void> EmissionGuard::check_proof(std::size_t index) {
  const EmittedEvent& event = in_.events[index];
  if (event.outcome != EmitOutcome::success) return {};
  if (!policy_) policy_ = TRY(write_.policy());
  const ProofDemand demand = proof_demanded(*policy_, event.type);
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
  const auto numbering = TRY(store::numbering(write_, producer.id, producer.sequence));
  if (numbering == store::Numbering::seen) {
    return error_at(Code::idempotency_conflict, path_of(in_, index, "producer.sequence"),
                    "is used already: another event has the number " + numbered(producer));
  }
  if (numbering == store::Numbering::next || numbering == store::Numbering::skips) {
    expected->second = producer.sequence + 1;
  }
  return {};
}

Result<void> EmissionGuard::check_obligation(std::size_t index) const {
  if (in_.events[index].outcome == EmitOutcome::pending) return {};
  const Event& said = *in_.rendered[index].said;
  const auto owed = TRY(store::find_obligation(write_, *said.causation));
  if (!owed || !owed->closed_by || said.data.string_at("targetType") != owed->target_type ||
      said.data.string_at("targetId") != owed->target_id) {
    return {};
  }
  return error_at(Code::invalid_state, path_of(in_, index, "causationId"),
                  "is an obligation that " + owed->closed_by->text() + " has closed already");
}

}  // namespace assent::app
