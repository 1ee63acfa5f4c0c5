// Anything may be a policy; one that is keeps its promises about names, thresholds and quorums.
#include "ledger/witness_policy.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assent::ledger;
  const auto policy =
      parse_witness_policy(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!policy) return 0;

  std::vector<VerifierKey> all;
  for (const auto& witness : policy->witnesses) all.push_back(witness.key);
  for (std::size_t i = 0; i < policy->groups.size(); ++i) {
    const auto& group = policy->groups[i];
    CHECK(group.threshold >= 1 && group.threshold <= group.members.size());
    for (const auto& member : group.members) {
      const bool is_group = member.kind == WitnessPolicy::Member::Kind::group;
      CHECK(member.place < (is_group ? i : all.size()));
    }
  }
  CHECK(is_satisfied(*policy, all));
  CHECK(is_satisfied(*policy, {}) == !policy->quorum.has_value());
  return 0;
}
