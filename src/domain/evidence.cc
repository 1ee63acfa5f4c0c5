#include "domain/evidence.h"

#include <algorithm>
#include <chrono>

namespace assent {
namespace {

// null, not absence: a reader shall see that there is none.
template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

const Evidence* newest_usable(std::span<const Evidence> items) {
  const Evidence* newest = nullptr;
  for (const Evidence& item : items) {
    if (!item.is_usable()) continue;
    if (newest == nullptr || item.captured_at > newest->captured_at) newest = &item;
  }
  return newest;
}

}  // namespace

EvidenceCheck check_evidence(const EvidencePolicy& policy, std::span<const Evidence> items,
                             Timestamp now) {
  const Evidence* const newest = newest_usable(items);
  if (newest == nullptr) return {};

  // Never negative: what was captured "later" than now is as fresh as can be, not a fault.
  const Microseconds age = std::max(now - newest->captured_at, Microseconds::zero());
  EvidenceCheck check;
  check.has_evidence = true;
  check.age_seconds = std::chrono::floor<std::chrono::seconds>(age).count();
  check.latest_at = newest->captured_at;
  if (policy.ttl_seconds) check.is_fresh = age <= std::chrono::seconds(*policy.ttl_seconds);
  return check;
}

std::optional<Refusal> refuse_evidence(const EvidencePolicy& policy, const EvidenceCheck& check) {
  if (policy.required && !check.has_evidence) return Refusal::evidence_required;
  if (check.is_fresh == false) return Refusal::evidence_stale;
  return std::nullopt;
}

Json to_json(const EvidenceCheck& check) {
  return Json::object({{"hasEvidence", check.has_evidence},
                       {"isFresh", or_null(check.is_fresh)},
                       {"ageSeconds", or_null(check.age_seconds)}});
}

Json evidence_details(Refusal refusal, const EvidencePolicy& policy, const EvidenceCheck& check) {
  if (refusal == Refusal::evidence_required) {
    return Json::object(
        {{"evidenceRequired", policy.required}, {"hasEvidence", check.has_evidence}});
  }
  return Json::object(
      {{"evidenceTtl", or_null(policy.ttl_seconds)},
       {"evidenceAge", or_null(check.age_seconds)},
       {"latestEvidenceAt", check.latest_at ? Json(to_rfc3339(*check.latest_at)) : Json()}});
}

Json to_json(const EvidencePolicy& policy) {
  return Json::object({{"required", policy.required}, {"ttlSeconds", or_null(policy.ttl_seconds)}});
}

bool is_at_least_as_strict(const EvidencePolicy& asked, const EvidencePolicy& base) {
  if (base.required && !asked.required) return false;
  if (!base.ttl_seconds) return true;
  return asked.ttl_seconds && *asked.ttl_seconds <= *base.ttl_seconds;
}

EvidencePolicy stricter_of(const EvidencePolicy& one, const EvidencePolicy& other) {
  EvidencePolicy both{.required = one.required || other.required, .ttl_seconds = one.ttl_seconds};
  if (other.ttl_seconds && (!both.ttl_seconds || *other.ttl_seconds < *both.ttl_seconds)) {
    both.ttl_seconds = other.ttl_seconds;
  }
  return both;
}

}  // namespace assent
