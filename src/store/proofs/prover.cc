#include "store/proofs/prover.h"

#include "store/proofs/tree.h"

#include <algorithm>

namespace assent::store {

namespace {

// The root of an earlier tree is what its frontier hashes to; the frontier's peaks are nodes.
Result<ledger::TreeHead> head_at(const ledger::NodeSource& nodes, std::uint64_t size) {
  std::string peaks;
  std::uint64_t begin = 0;
  for (unsigned level = 63; level-- > 0;) {
    if ((size >> level & 1) == 0) continue;
    peaks += as_bytes(TRY(nodes({.level = level, .index = begin >> level})));
    begin += std::uint64_t{1} << level;
  }
  const auto frontier = ledger::Frontier::from(ledger::Size{size}, peaks);
  CHECK(frontier);
  return frontier->head();
}

Error no_such_size(std::uint64_t size) {
  return {Code::unprocessable,
          "the log never had a size that fits: it has " + std::to_string(size) + " events",
          {{"size", "must be beyond the event and within the log"}}};
}

}  // namespace

Result<ledger::Proof> Prover::inclusion(const Read& read, std::uint64_t sequence,
                                        std::optional<std::uint64_t> size) const {
  // The snapshot may see a commit that nobody was told of yet, nor of the key that signs from
  // there.
  const Head head = committed_.head(read.tenant().number);
  const std::uint64_t known = std::min(read.size(), head.size());
  if (sequence >= known) return Error{Code::not_found, "the log has no such event"};
  if (size && (*size <= sequence || *size > known)) return no_such_size(known);

  // Nothing may be proven in a tree that a later start could deny.
  std::string note = TRY(checkpoints_.publish(read.tenant(), head));
  const auto published = TRY(ledger::claimed_checkpoint(note)).head;
  const std::uint64_t wanted = size.value_or(known);
  const auto nodes = stored_nodes(read.connection(), read.tenant().number);
  if (ledger::number(published.size) != wanted) {
    note = TRY(checkpoints_.sign(read.tenant(), TRY(head_at(nodes, wanted))));
  }
  auto path = TRY(ledger::inclusion_proof(ledger::Index{sequence}, ledger::Size{wanted}, nodes));
  return ledger::Proof{
      .index = ledger::Index{sequence}, .path = std::move(path), .checkpoint = std::move(note)};
}

Result<std::vector<Hash>> Prover::consistency(const Read& read, ledger::Growth growth) {
  if (growth.from > growth.to || ledger::number(growth.to) > read.size()) {
    return Error{Code::unprocessable,
                 "there is no such growth: the log has " + std::to_string(read.size()) + " events",
                 {{"to", "must be at least from and within the log"}}};
  }
  return ledger::consistency_proof(growth, stored_nodes(read.connection(), read.tenant().number));
}

}  // namespace assent::store
