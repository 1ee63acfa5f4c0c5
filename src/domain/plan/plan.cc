#include "domain/plan/plan.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "domain/plan/plan_ids.h"

#include <array>

namespace assent {
namespace {

// Callers branch on them, so one that was given once keeps its meaning.
constexpr auto kCodes = std::to_array<PlanCode>({
    {"ALTERED_NODE", "a node's content is not that of its step"},
    {"AMBIGUOUS_STEP_ID", "a stepId is another step's index in decimal"},
    {"CLAIMED_HASH_MISMATCH", "a node's irStepHash is not the hash of its step"},
    {"CONTROL_CHARACTER", "a text has a NUL or another control character, or a name an invisible"},
    {"CYCLIC_DEPENDENCY", "steps wait for each other, or one for itself"},
    {"DUPLICATE_IDEMPOTENCY_KEY", "two steps have one idempotencyKey (a warning)"},
    {"DUPLICATE_NODE", "a second node stands for one step"},
    {"DUPLICATE_STEP_ID", "two steps have one stepId"},
    {"EMPTY_NODE_ID", "a node's irStepId is missing or empty"},
    {"FLOAT_IN_PLAN", "a number is not whole"},
    {"FOREIGN_NODE_ID", "a node's irStepId is of no step of the plan"},
    {"INVALID_ACTION", "action is missing or not such a text"},
    {"INVALID_BUDGET", "budgetCents is not a whole number"},
    {"INVALID_CONSTRAINTS", "constraints is missing or not an object"},
    {"INVALID_DAG", "the DAG is not an object with a list of nodes"},
    {"INVALID_DEPENDENCY", "dependsOn is not a list of different texts"},
    {"INVALID_DESCRIPTION", "description is not such a text"},
    {"INVALID_IDEMPOTENCY_KEY", "idempotencyKey is not such a text"},
    {"INVALID_INTENT_SUMMARY", "intentSummary is not such a text"},
    {"INVALID_JSON", "the document is not JSON, or not such that all readers read it alike"},
    {"INVALID_LABELS", "labels is not a map from text to text"},
    {"INVALID_NODE", "a node is not an object"},
    {"INVALID_NODE_HASH", "a node's irStepHash is not sha256: and 64 hex digits"},
    {"INVALID_NODE_ID", "a node's irStepId is not such a text"},
    {"INVALID_PARAMS", "params is missing or not an object"},
    {"INVALID_PLAN", "the plan is not an object"},
    {"INVALID_PROVIDER", "provider is missing or not such a text"},
    {"INVALID_REQUEST_ID", "requestId is not such a text"},
    {"INVALID_RESOURCE", "resource is missing or not such a text"},
    {"INVALID_STEP", "a step is not an object"},
    {"INVALID_STEPS", "steps is missing, empty or not a list"},
    {"INVALID_STEP_ID", "stepId is not such a text"},
    {"INVALID_TENANT_ID", "tenantId is not such a text"},
    {"MISSING_IDEMPOTENCY_KEY", "idempotencyKey is missing or blank"},
    {"MISSING_NODE", "no node stands for a step"},
    {"MORE_VIOLATIONS", "there are more violations than are listed"},
    {"NEGATIVE_BUDGET", "budgetCents is below zero"},
    {"NOT_NFC", "a text is not in Unicode's normalization form C"},
    {"NOT_UTF8", "a text is not UTF-8"},
    {"NUMBER_TOO_LARGE", "a number is beyond 2^53 - 1, where readers disagree"},
    {"PROVIDER_MISMATCH", "the catalogue does not let this provider do the action"},
    {"REORDERED_NODE", "a node stands after one of a later step"},
    {"REWIRED_NODE", "a node depends on others than its step"},
    {"TOO_DEEP", "objects and lists are nested more than 64 deep"},
    {"TOO_MANY_NODES", "the DAG has more than 1,000 nodes"},
    {"TOO_MANY_STEPS", "the plan has more than 1,000 steps"},
    {"UNKNOWN_ACTION", "the catalogue does not have the action"},
    {"UNKNOWN_DEPENDENCY", "dependsOn names no step of the plan"},
    {"UNKNOWN_FIELD", "an object has a member that is not known there"},
    {"UNKNOWN_PROVIDER", "the catalogue does not have the provider"},
});

Json names_json(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const auto& name : names) list.push(name);
  return list;
}

Json semantic_json(const PlanStep& step) {
  Json json = Json::object();
  json.members().reserve(9);
  const auto add = [&json](std::string_view name, Json value) {
    json.members().emplace_back(name, std::move(value));
  };
  add("action", step.action);
  if (step.budget_cents) add("budgetCents", *step.budget_cents);
  add("constraints", step.constraints);
  if (step.depends_on) add("dependsOn", names_json(*step.depends_on));
  add("idempotencyKey", step.idempotency_key);
  add("params", step.params);
  add("provider", step.provider);
  add("resource", step.resource);
  if (step.step_id) add("stepId", *step.step_id);
  return json;
}

// The RFC 8785 form of semantic_json(), without copying the content. The names are in their order.
void append_semantic(std::string& out, const PlanStep& step) {
  const auto text = [&out](std::string_view name, std::string_view value) {
    out.append(name);
    append_json_string(out, value);
  };
  text("{\"action\":", step.action);
  if (step.budget_cents) {
    out.append(",\"budgetCents\":").append(std::to_string(*step.budget_cents));
  }
  out.append(",\"constraints\":");
  append_canonical(out, step.constraints);
  if (step.depends_on) {
    out.append(",\"dependsOn\":[");
    for (const auto& name : *step.depends_on) {
      text(&name == &step.depends_on->front() ? "" : ",", name);
    }
    out.append("]");
  }
  text(",\"idempotencyKey\":", step.idempotency_key);
  out.append(",\"params\":");
  append_canonical(out, step.params);
  text(",\"provider\":", step.provider);
  text(",\"resource\":", step.resource);
  if (step.step_id) text(",\"stepId\":", *step.step_id);
  out.append("}");
}

}  // namespace

template <>
std::span<const std::string_view> words<ViolationSeverity>() {
  static constexpr std::array<std::string_view, 2> kWords = {"ERROR", "WARNING"};
  return kWords;
}

Json to_json(const PlanViolation& violation) {
  Json json = Json::object();
  if (violation.step_index) json.set("stepIndex", std::uint64_t{*violation.step_index});
  json.set("code", violation.code);
  json.set("message", violation.message);
  if (!violation.path.empty()) json.set("path", violation.path);
  json.set("severity", word(violation.severity));
  return json;
}

std::span<const PlanCode> plan_codes() {
  return kCodes;
}

std::string step_id_of(const Plan& plan, std::size_t index) {
  return plan.steps[index].step_id.value_or(std::to_string(index));
}

PlanIds::PlanIds(const Plan& plan) {
  decimals_.reserve(plan.steps.size());
  for (std::size_t i = 0; i < plan.steps.size(); ++i) decimals_.push_back(std::to_string(i));
  by_id_.reserve(plan.steps.size());
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const auto& id = plan.steps[i].step_id;
    by_id_.emplace(id ? std::string_view(*id) : std::string_view(decimals_[i]), i);
  }
}

std::optional<std::size_t> PlanIds::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

Json semantic_json(const Plan& plan) {
  Json steps = Json::array();
  for (const auto& step : plan.steps) steps.push(semantic_json(step));
  return Json::object({{"steps", std::move(steps)}, {"tenantId", plan.tenant_id}});
}

std::string ir_hash(const Plan& plan) {
  std::string bytes = "{\"steps\":[";
  for (const auto& step : plan.steps) {
    if (&step != &plan.steps.front()) bytes.append(",");
    append_semantic(bytes, step);
  }
  bytes.append("],\"tenantId\":");
  append_json_string(bytes, plan.tenant_id);
  bytes.append("}");
  return content_hash_text(sha256(bytes));
}

std::string step_hash(const PlanStep& step) {
  std::string bytes;
  append_semantic(bytes, step);
  return content_hash_text(sha256(bytes));
}

}  // namespace assent
