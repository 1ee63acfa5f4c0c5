// What a document that calls itself a plan says, and everything that is wrong with it.
#include "base/text.h"
#include "domain/plan/plan.h"
#include "domain/plan/plan_ids.h"
#include "domain/plan/step_reader.h"

#include <algorithm>
#include <unordered_map>

namespace assent {
namespace {

constexpr std::size_t kLabelsMax = 100;
constexpr std::size_t kCycleShownMax = 10;

constexpr auto kPlanNames =
    std::to_array<std::string_view>({"tenantId", "steps", "requestId", "intentSummary", "labels"});
constexpr auto kStepNames = std::to_array<std::string_view>(
    {"action", "provider", "resource", "params", "idempotencyKey", "constraints", "budgetCents",
     "dependsOn", "stepId", "description"});

class PlanReader {
 public:
  PlanReading read(const Json& document, std::string_view tenant);

 private:
  void head(const Json& document, Plan& plan);
  void labels(const Json& value, const PlanPlace& at, Plan& plan);
  void steps(const Json* value, Plan& plan);
  PlanStep step(const Json& value, const PlanPlace& at);
  void check_ids(const Plan& plan);
  void check_keys(const Plan& plan);
  void check_dependencies(const Plan& plan);
  void check_cycles(const Plan& plan, const std::vector<std::vector<std::size_t>>& needs);

  PlanFindings findings_;
  StepReader reader_{findings_};
  PlanPlace root_;
  PlanPlace steps_{&root_, "steps"};
  std::optional<std::string> request_id_;
  std::size_t step_count_ = 0;
};

void PlanReader::labels(const Json& value, const PlanPlace& at, Plan& plan) {
  if (!value.is_object() || value.members().size() > kLabelsMax) {
    return findings_.add("INVALID_LABELS", "Must be a map of at most 100 texts.", at);
  }
  for (const auto& [name, member] : value.members()) {
    const PlanPlace below{&at, name};
    const Json key(name);
    const auto label = reader_.text(&key, below, {"INVALID_LABELS", 100});
    const auto text = reader_.text(
        &member, below,
        {.code = "INVALID_LABELS", .length_max = 1000, .is_name = false, .may_be_empty = true});
    if (label && text) plan.labels.emplace(*label, *text);
  }
}

void PlanReader::head(const Json& document, Plan& plan) {
  if (const Json* const member = document.find("tenantId")) {
    const auto said = reader_.text(member, {&root_, "tenantId"}, {"INVALID_TENANT_ID", 100});
    if (said) plan.tenant_id = *said;
  }
  if (const Json* const member = document.find("requestId")) {
    request_id_ = reader_.text(member, {&root_, "requestId"}, {"INVALID_REQUEST_ID", 200});
    plan.request_id = request_id_;
  }
  if (const Json* const member = document.find("intentSummary")) {
    plan.intent_summary = reader_.text(member, {&root_, "intentSummary"},
                                       {.code = "INVALID_INTENT_SUMMARY",
                                        .length_max = 2000,
                                        .is_name = false,
                                        .may_be_empty = true});
  }
  if (const Json* const member = document.find("labels")) {
    labels(*member, {&root_, "labels"}, plan);
  }
}

PlanStep PlanReader::step(const Json& value, const PlanPlace& at) {
  if (!reader_.object(value, at, "INVALID_STEP", kStepNames)) return {};
  PlanStep step = reader_.content(value, at);
  if (const Json* const member = value.find("stepId")) {
    step.step_id = reader_.text(member, {&at, "stepId"}, kStepIdText);
  }
  if (const Json* const member = value.find("description")) {
    reader_.text(member, {&at, "description"},
                 {.code = "INVALID_DESCRIPTION",
                  .length_max = 1000,
                  .is_name = false,
                  .may_be_empty = true});
  }
  return step;
}

void PlanReader::steps(const Json* value, Plan& plan) {
  if (value == nullptr || !value->is_array() || value->items().empty()) {
    return findings_.add("INVALID_STEPS", "Must be a list of at least one step.", steps_);
  }
  step_count_ = value->items().size();
  if (step_count_ > kPlanStepsMax) {
    return findings_.add("TOO_MANY_STEPS", "Must have at most 1000 steps.", steps_);
  }
  plan.steps.reserve(step_count_);
  for (std::size_t i = 0; i < step_count_; ++i) {
    findings_.set_index(i);
    plan.steps.push_back(step(value->items()[i], {&steps_, {}, i}));
  }
  findings_.set_index(std::nullopt);
}

// An id that means two steps would let one of them hide behind the other.
void PlanReader::check_ids(const Plan& plan) {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (!plan.steps[i].step_id) continue;
    const std::string& id = *plan.steps[i].step_id;
    const PlanPlace step{&steps_, {}, i};
    const PlanPlace at{&step, "stepId"};
    findings_.set_index(i);
    const auto [first, is_first] = seen.emplace(id, i);
    if (!is_first) {
      findings_.add("DUPLICATE_STEP_ID",
                    "Step " + std::to_string(first->second) + " has the same stepId.", at);
    }
    const auto index = from_decimal(id);
    if (index && *index != i && *index < plan.steps.size()) {
      findings_.add("AMBIGUOUS_STEP_ID", "Is also the index of another step.", at);
    }
  }
  findings_.set_index(std::nullopt);
}

// One warning, however many there are: they must not crowd out what is wrong.
void PlanReader::check_keys(const Plan& plan) {
  std::unordered_map<std::string_view, std::size_t> seen;
  std::vector<std::size_t> repeated;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (!seen.emplace(plan.steps[i].idempotency_key, i).second) repeated.push_back(i);
  }
  if (repeated.empty()) return;
  const std::size_t index = repeated.front();
  std::string message = "Step " + std::to_string(seen.at(plan.steps[index].idempotency_key)) +
                        " has the same idempotencyKey: who deduplicates does only one of them.";
  if (repeated.size() > 1) {
    message.append(" ").append(std::to_string(repeated.size() - 1));
    message.append(" more steps repeat an earlier one's.");
  }
  const PlanPlace step{&steps_, {}, index};
  findings_.set_index(index);
  findings_.add("DUPLICATE_IDEMPOTENCY_KEY", std::move(message), {&step, "idempotencyKey"},
                ViolationSeverity::warning);
  findings_.set_index(std::nullopt);
}

void PlanReader::check_dependencies(const Plan& plan) {
  const PlanIds ids(plan);
  std::vector<std::vector<std::size_t>> needs(plan.steps.size());
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanPlace step{&steps_, {}, i};
    const PlanPlace at{&step, "dependsOn"};
    findings_.set_index(i);
    if (!plan.steps[i].depends_on) continue;
    for (const auto& id : *plan.steps[i].depends_on) {
      const auto needed = ids.find(id);
      if (!needed) {
        findings_.add("UNKNOWN_DEPENDENCY", "No step has the id " + quoted(id) + ".", at);
      } else if (*needed == i) {
        findings_.add("CYCLIC_DEPENDENCY", "Must not depend on itself.", at);
      } else {
        needs[i].push_back(*needed);
      }
    }
  }
  findings_.set_index(std::nullopt);
  check_cycles(plan, needs);
}

// Takes away steps that wait for nothing until there are none. From what is left each step leads to
// another that is left, so walking on comes round.
void PlanReader::check_cycles(const Plan& plan,
                              const std::vector<std::vector<std::size_t>>& needs) {
  std::vector<std::size_t> open(plan.steps.size());
  std::vector<std::vector<std::size_t>> needed_by(plan.steps.size());
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    open[i] = needs[i].size();
    if (open[i] == 0) free.push_back(i);
    for (const std::size_t each : needs[i]) needed_by[each].push_back(i);
  }
  while (!free.empty()) {
    const std::size_t done = free.back();
    free.pop_back();
    for (const std::size_t each : needed_by[done]) {
      if (--open[each] == 0) free.push_back(each);
    }
  }
  const auto stuck = std::find_if(open.begin(), open.end(), [](auto count) { return count > 0; });
  if (stuck == open.end()) return;

  const auto next = [&](std::size_t at) {
    return *std::find_if(needs[at].begin(), needs[at].end(),
                         [&open](std::size_t each) { return open[each] > 0; });
  };
  std::vector<bool> walked(needs.size());
  auto at = static_cast<std::size_t>(stuck - open.begin());
  for (; !walked[at]; at = next(at)) walked[at] = true;
  std::string message = "Steps wait for each other: " + std::to_string(at);
  std::size_t length = 0;
  for (std::size_t each = next(at); each != at; each = next(each)) {
    if (++length < kCycleShownMax) message.append(", ").append(std::to_string(each));
  }
  if (length >= kCycleShownMax) message.append(", …");
  const PlanPlace step{&steps_, {}, at};
  findings_.set_index(at);
  findings_.add("CYCLIC_DEPENDENCY", message + ".", {&step, "dependsOn"});
  findings_.set_index(std::nullopt);
}

PlanReading PlanReader::read(const Json& document, std::string_view tenant) {
  Plan plan{.tenant_id = std::string(tenant), .steps = {}};
  if (reader_.object(document, root_, "INVALID_PLAN", kPlanNames)) {
    head(document, plan);
    steps(document.find("steps"), plan);
    if (findings_.error_count() == 0) {
      check_ids(plan);
      check_keys(plan);
    }
    // Which step an id means is only known where each means one.
    if (findings_.error_count() == 0) check_dependencies(plan);
  }
  PlanReading reading{
      .plan = std::nullopt, .violations = {}, .step_count = step_count_, .request_id = request_id_};
  if (findings_.error_count() == 0) reading.plan = std::move(plan);
  reading.violations = findings_.take();
  return reading;
}

}  // namespace

PlanReading read_plan(const Json& document, std::string_view tenant) {
  return PlanReader().read(document, tenant);
}

}  // namespace assent
