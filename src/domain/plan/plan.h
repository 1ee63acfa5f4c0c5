// Plans: steps that an agent wants to take together, what is wrong with one, and its hash. Pure.
//
// A plan is hashed by what it means: what only describes it (requestId, intentSummary, labels, the
// description of a step) is outside, and nothing that is found out about it later is inside. So the
// hash is the same before and after validation, for whoever computes it.
#pragma once

#include "base/json.h"
#include "domain/words.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent {

inline constexpr std::size_t kPlanStepsMax = 1000;
inline constexpr std::size_t kPlanViolationsMax = 100;

struct PlanStep {
  std::string action;
  std::string provider;
  std::string resource;
  Json params = Json::object();
  std::string idempotency_key;
  Json constraints = Json::object();
  std::optional<std::int64_t> budget_cents = {};
  std::optional<std::string> step_id = {};
  std::optional<std::vector<std::string>> depends_on = {};  // As it was said; each once.
};

struct Plan {
  std::string tenant_id;
  std::vector<PlanStep> steps;
  // Outside the hash.
  std::optional<std::string> request_id = {};
  std::optional<std::string> intent_summary = {};
  std::map<std::string, std::string> labels = {};
};

enum class ViolationSeverity { error, warning };
template <>
std::span<const std::string_view> words<ViolationSeverity>();  // ERROR, WARNING.

struct PlanViolation {
  std::optional<std::size_t> step_index;  // Nothing: of the plan as a whole.
  std::string code;                       // One of plan_codes().
  std::string message;
  std::string path;  // Where in the document; empty: the document.
  ViolationSeverity severity = ViolationSeverity::error;
};

// `{stepIndex?, code, message, path?, severity}`.
Json to_json(const PlanViolation& violation);

// Every code that a violation of a plan or of a DAG can have, and when it has it. Ascending.
struct PlanCode {
  std::string_view code;
  std::string_view meaning;
};
std::span<const PlanCode> plan_codes();

struct PlanReading {
  std::optional<Plan> plan;  // Nothing if any violation is an error.
  std::vector<PlanViolation> violations;
  std::size_t step_count = 0;  // Of the document, readable or not.
  std::optional<std::string> request_id = {};
};

// Whatever `document` is, it is read or its faults are named: at most kPlanViolationsMax, the last
// of which says how many more there are. `tenant` is whose it is if it does not say.
PlanReading read_plan(const Json& document, std::string_view tenant);

// Its stepId, or its index in decimal.
std::string step_id_of(const Plan& plan, std::size_t index);

// `{"steps":[{action,budgetCents?,constraints,dependsOn?,idempotencyKey,params,provider,resource,
// stepId?}],"tenantId"}`. What was not said is left out, so that anybody gets the hash from the
// plan as it was sent.
Json semantic_json(const Plan& plan);

// `sha256:<hex>` of the RFC 8785 form of semantic_json(), and of a step of it.
std::string ir_hash(const Plan& plan);
std::string step_hash(const PlanStep& step);

}  // namespace assent
