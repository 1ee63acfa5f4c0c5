#include "domain/policy.h"
#include "domain/policy_parts.h"

#include <algorithm>

namespace assent {
namespace {

template <class T>
void set(T& value, const std::optional<T>& said) {
  if (said) value = *said;
}

bool is_same_seat(const ApproverRequirement& a, const ApproverRequirement& b) {
  return a.kind == b.kind && a.role == b.role && a.group == b.group && a.people == b.people;
}

std::int64_t seats_like(const ApproverRequirement& seat,
                        const std::vector<ApproverRequirement>& requirements) {
  std::int64_t count = 0;
  for (const auto& each : requirements) {
    if (is_same_seat(each, seat)) count += each.count;
  }
  return count;
}

// Whether whoever fills `asked` fills `base` too: seat for seat, as many are asked. Two expressions
// that mean the same in other words count as different.
bool is_at_least_as_strict(const std::vector<ApproverRequirement>& asked,
                           const std::vector<ApproverRequirement>& base) {
  return std::all_of(base.begin(), base.end(), [&](const ApproverRequirement& seat) {
    return seats_like(seat, asked) >= seats_like(seat, base);
  });
}

bool is_at_least_as_strict(const Quorum& asked, const Quorum& base) {
  return std::all_of(
      asked.alternatives.begin(), asked.alternatives.end(), [&base](const auto& way) {
        return std::any_of(base.alternatives.begin(), base.alternatives.end(),
                           [&way](const auto& each) { return is_at_least_as_strict(way, each); });
      });
}

}  // namespace

void apply(const PolicyTerms& terms, PolicyEntry& entry) {
  set(entry.evidence, terms.evidence);
  set(entry.quorum, terms.quorum);
  set(entry.expires_after, terms.expires_after);
  set(entry.grant_expires_after, terms.grant_expires_after);
  set(entry.max_attempts, terms.max_attempts);
  set(entry.max_defers, terms.max_defers);
  set(entry.lease, terms.lease);
  set(entry.requires_proof, terms.requires_proof);
  set(entry.executor, terms.executor);
}

std::vector<PolicyEntry> plan_entries_of(const PolicyEntry& base,
                                         const std::map<RiskTier, PolicyTerms>& tiers,
                                         const PolicyTerms& plans) {
  std::vector<PolicyEntry> entries;
  for (std::size_t i = 0; i < words<RiskTier>().size(); ++i) {
    const auto tier = static_cast<RiskTier>(i);
    PolicyEntry entry = base;
    // A token that anybody can present lasts shorter than a grant to one requester does.
    entry.grant_expires_after = std::chrono::hours(1);
    if (const auto found = tiers.find(tier); found != tiers.end()) apply(found->second, entry);
    apply(plans, entry);
    entry.grant_expires_after =
        std::min<std::chrono::seconds>(entry.grant_expires_after, std::chrono::hours(24));
    entry.decision = PolicyDecision::human;
    entry.risk_tier = tier;
    entry.executor.reset();
    entry.safety_critical.clear();
    entry.sensitive.clear();
    entry.description.clear();
    entries.push_back(std::move(entry));
  }
  return entries;
}

PolicyEntry under_template(const PolicyAnswer& answer, const PolicyTemplate& from) {
  PolicyEntry entry = *answer.entry;
  PolicyTerms terms = from.terms;
  terms.evidence.reset();
  if (answer.index) {
    if (terms.quorum && !is_at_least_as_strict(*terms.quorum, entry.quorum)) terms.quorum.reset();
    for (auto [said, own] : {std::pair(&terms.expires_after, entry.expires_after),
                             std::pair(&terms.grant_expires_after, entry.grant_expires_after)}) {
      if (*said) *said = std::min(**said, own);
    }
  }
  apply(terms, entry);
  if (entry.description.empty()) entry.description = from.description;
  return entry;
}

}  // namespace assent
