// The catalogue of plans: what may stand in one and how risky it is, in the words of the tenant's
// policy. Part of the policy document (`plans:`). Pure.
#pragma once

#include "base/json.h"
#include "domain/document_reader.h"
#include "domain/policy_entry.h"
#include "domain/words.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

struct PlanAction {
  std::optional<RiskTier> risk_tier;  // Nothing: nobody said, which counts as high.
  std::vector<std::string> providers;
};

// Words that name an environment, wherever they can be read (readings.h).
struct PlanEnvironment {
  std::vector<std::string> words;        // Folded (base/text.h), each one word.
  std::vector<std::string> plain_words;  // The same as readings.h has them.
  RiskTier risk_tier = RiskTier::high;
  std::string reason = "Environment";
};

// Things that are touched, by the step's resource or by a member of its params.
struct PlanResources {
  std::vector<std::string> names;    // Globs over the folded text or a name in it (readings.h).
  std::vector<std::string> actions;  // Globs; empty: whatever is done to them.
  std::vector<std::string> params;   // Members, at any depth, that name such a thing too; folded.
  RiskTier risk_tier = RiskTier::high;
  std::string reason = "Resource";
};

// Much at once: a list (or a map) of more than `above` things, a number above it in a member that
// counts, or a member whose being there says it.
struct PlanBulk {
  std::int64_t above = 0;
  std::vector<std::string> numbers;  // Members, at any depth, that count something; globs, folded.
  std::vector<std::string> flags;    // Members whose value is neither false, null nor 0; globs.
  RiskTier risk_tier = RiskTier::high;
  std::string reason = "Bulk operation";
};

struct PlanCatalogue {
  RiskTier escalate_from = RiskTier::medium;
  std::map<std::string, PlanAction, std::less<>> actions;
  std::set<std::string, std::less<>> providers;
  std::vector<PlanEnvironment> environments;
  std::vector<PlanResources> resources;
  std::vector<PlanBulk> bulk;
  PolicyTerms terms;  // Of the approval of an escalated plan; has no executor.
};

// An empty catalogue knows no action, so that every plan is refused. `value` is what `plans` is.
PlanCatalogue read_plan_catalogue(DocumentReader& reader, const Json& value,
                                  const ApproverGroups& groups);

}  // namespace assent
