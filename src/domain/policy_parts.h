// The parts of a policy document that are read alike wherever they stand. For policy_read.cc.
#pragma once

#include "domain/document_reader.h"
#include "domain/policy.h"

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace assent {

// The members of terms: what a tier may say, and an entry beside its own.
inline constexpr auto kTermNames =
    std::to_array<std::string_view>({"evidence", "approvers", "expiresAfter", "grantExpiresAfter",
                                     "maxAttempts", "maxDefers", "lease", "proof", "executor"});

// Reads those of these members that `value`, a map, has. The others are the caller's.
PolicyTerms read_terms(DocumentReader& reader, const Json& value, const std::string& path,
                       const ApproverGroups& groups);

ApproverGroups read_groups(DocumentReader& reader, const Json& value);
std::map<RiskTier, PolicyTerms> read_tiers(DocumentReader& reader, const Json& value,
                                           const ApproverGroups& groups);
std::map<std::string, PolicyTemplate, std::less<>> read_templates(DocumentReader& reader,
                                                                  const Json& value,
                                                                  const ApproverGroups& groups);
BreakGlass read_break_glass(DocumentReader& reader, const Json& value);
Retention read_retention(DocumentReader& reader, const Json& value);
Redactor read_redaction(DocumentReader& reader, const Json& value);

// What answers a plan that escalates, by its tier. `base` is what entries inherit.
std::vector<PolicyEntry> plan_entries_of(const PolicyEntry& base,
                                         const std::map<RiskTier, PolicyTerms>& tiers,
                                         const PolicyTerms& plans);

// Puts them into the policy, and what follows from them.
void set_plan_entries(Policy& policy, std::vector<PolicyEntry> entries);
std::vector<EmissionRule> read_emissions(DocumentReader& reader, const Json& value,
                                         const ApproverGroups& groups);
Obligations read_obligations(DocumentReader& reader, const Json& value);

// What is wrong with the URL of an executor, as the end of "executor.url …"; empty if nothing is.
std::string executor_url_fault(std::string_view url);

}  // namespace assent
