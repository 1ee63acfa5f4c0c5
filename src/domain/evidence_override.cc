#include "domain/evidence_override.h"

#include <algorithm>
#include <array>

namespace assent {
namespace {

EvidencePolicy inherited(const EvidenceBasis& basis) {
  if (!basis.from_template) return basis.entry;
  return basis.is_explicit ? stricter_of(basis.entry, *basis.from_template) : *basis.from_template;
}

// Older evidence would do, or evidence of any age.
bool is_longer(std::optional<std::int64_t> asked, std::optional<std::int64_t> base) {
  return base && (!asked || *asked > *base);
}

}  // namespace

template <>
std::span<const std::string_view> words<EvidenceSource>() {
  static constexpr std::array<std::string_view, 3> kWords = {"default", "template", "override"};
  return kWords;
}

Result<EffectiveEvidence> effective_evidence(const EvidenceBasis& basis,
                                             const EvidenceOverride& asked, Weakening weakening,
                                             const std::string& path) {
  const EvidencePolicy base = inherited(basis);
  EffectiveEvidence effective{.policy = base};
  if (basis.has_template) effective.source = EvidenceSource::template_;
  if (asked.is_present()) effective.source = EvidenceSource::override_;
  if (asked.required.is_present) effective.policy.required = asked.required.value.value_or(false);
  if (asked.ttl_seconds.is_present) effective.policy.ttl_seconds = asked.ttl_seconds.value;

  const bool is_waived = base.required && !effective.policy.required;
  effective.is_weakened = is_waived || is_longer(effective.policy.ttl_seconds, base.ttl_seconds);
  if (effective.is_weakened && weakening == Weakening::forbidden) {
    return error_at(Code::unprocessable, path + (is_waived ? ".required" : ".ttlSeconds"),
                    "may tighten the policy's, never weaken it");
  }
  return effective;
}

}  // namespace assent
