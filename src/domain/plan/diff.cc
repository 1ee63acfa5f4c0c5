#include "domain/plan/diff.h"

#include "base/canonical.h"
#include "base/hash.h"
#include "domain/plan/plan_ids.h"
#include "domain/plan/step_reader.h"

#include <algorithm>
#include <utility>

namespace assent {
namespace {

constexpr std::size_t kMismatchesMax = 100;

constexpr auto kDagNames = std::to_array<std::string_view>({"nodes"});
constexpr auto kNodeNames = std::to_array<std::string_view>(
    {"action", "provider", "resource", "params", "idempotencyKey", "constraints", "budgetCents",
     "dependsOn", "irStepId", "irStepHash"});
constexpr PlanText kNodeIdText = {"INVALID_NODE_ID", kStepIdText.length_max};

// A node as the step that it is, or nothing where it is malformed.
struct Node {
  std::string id;
  std::optional<PlanStep> step = {};
  std::optional<std::string> claimed_hash = {};
};

class Differ {
 public:
  explicit Differ(const Plan& plan) : plan_(plan), ids_(plan), node_of_(plan.steps.size()) {}

  PlanDiff diff(const Json& dag);

 private:
  void read(const Json& dag);
  Node read_node(const Json& value, const PlanPlace& at, std::size_t index);
  void read_claim(const Json& value, const PlanPlace& at, Node& node);
  void match(std::size_t index);
  void add_extra(std::size_t index) { extra_.items().emplace_back(std::uint64_t{index}); }
  void compare(std::size_t step_index, std::size_t index);
  void mismatch(std::size_t step_index, std::string expected, std::string actual);
  void find_missing();
  std::string rebuilt_hash();
  Json details();

  const Plan& plan_;
  PlanIds ids_;
  PlanFindings findings_;
  StepReader reader_{findings_};
  PlanPlace root_;
  PlanPlace nodes_place_{&root_, "nodes"};
  std::vector<Node> nodes_;
  std::size_t node_count_ = 0;
  std::vector<std::optional<std::size_t>> node_of_;  // The first node of each step.
  std::size_t last_step_ = 0;                        // The latest step that a node stood for.
  bool is_rebuildable_ = true;  // The nodes, as a plan, say all that the DAG says.
  Json missing_ = Json::array();
  Json extra_ = Json::array();
  Json mismatches_ = Json::array();
  std::size_t mismatch_count_ = 0;
};

void Differ::read_claim(const Json& value, const PlanPlace& at, Node& node) {
  const PlanPlace place{&at, "irStepHash"};
  if (!value.is_string() || !content_hash_from_text(value.string())) {
    return findings_.add("INVALID_NODE_HASH", "Must be sha256: and 64 lower-case hex digits.",
                         place);
  }
  node.claimed_hash = value.string();
}

Node Differ::read_node(const Json& value, const PlanPlace& at, std::size_t index) {
  const std::size_t errors = findings_.error_count();
  Node node;
  if (!reader_.object(value, at, "INVALID_NODE", kNodeNames)) return node;
  PlanStep step = reader_.content(value, at);
  const PlanPlace id_place{&at, "irStepId"};
  const Json* const id = value.find("irStepId");
  if (id == nullptr || *id == Json("")) {
    findings_.add("EMPTY_NODE_ID", "Each node needs the irStepId of its step.", id_place);
  } else {
    node.id = reader_.text(id, id_place, kNodeIdText).value_or("");
  }
  if (const Json* const claim = value.find("irStepHash")) read_claim(*claim, at, node);
  if (findings_.error_count() > errors) return node;

  // A step without a stepId is called by its position, and only there is that no stepId.
  const bool is_position =
      index < plan_.steps.size() && !plan_.steps[index].step_id && node.id == std::to_string(index);
  if (!is_position) step.step_id = node.id;
  node.step = std::move(step);
  return node;
}

void Differ::mismatch(std::size_t step_index, std::string expected, std::string actual) {
  if (++mismatch_count_ > kMismatchesMax) return;
  mismatches_.push(Json::object({{"stepIndex", std::uint64_t{step_index}},
                                 {"irStepHash", std::move(expected)},
                                 {"dagNodeHash", std::move(actual)}}));
}

// The node's content against its step's, under the step's own id.
void Differ::compare(std::size_t step_index, std::size_t index) {
  const PlanStep& step = plan_.steps[step_index];
  const Node& node = nodes_[index];
  PlanStep content = *node.step;
  content.step_id = step.step_id;
  const PlanPlace at{&nodes_place_, {}, index};
  std::string expected = step_hash(step);
  std::string actual = step_hash(content);
  const bool is_claim_false = node.claimed_hash && *node.claimed_hash != expected;
  if (is_claim_false) {
    is_rebuildable_ = false;
    findings_.add("CLAIMED_HASH_MISMATCH", "Its irStepHash is not the hash of its step.",
                  {&at, "irStepHash"});
  }
  if (actual != expected) {
    if (content.depends_on != step.depends_on) {
      findings_.add("REWIRED_NODE", "Depends on others than its step does.", {&at, "dependsOn"});
      content.depends_on = step.depends_on;
    }
    if (step_hash(content) != expected) {
      findings_.add("ALTERED_NODE", "Its content is not that of its step.", at);
    }
    mismatch(step_index, std::move(expected), std::move(actual));
  } else if (is_claim_false) {
    mismatch(step_index, std::move(expected), *node.claimed_hash);
  }
}

void Differ::match(std::size_t index) {
  const Node& node = nodes_[index];
  const PlanPlace at{&nodes_place_, {}, index};
  // What is malformed stands for no step, whatever it calls itself.
  if (!node.step) return add_extra(index);
  const std::size_t step = ids_.find(node.id).value_or(plan_.steps.size());
  if (step == plan_.steps.size()) {
    findings_.add("FOREIGN_NODE_ID", "No step has the id " + quoted(node.id) + ".", at);
    return add_extra(index);
  }
  if (node_of_[step]) {
    findings_.add("DUPLICATE_NODE",
                  "Node " + std::to_string(*node_of_[step]) + " stands for the same step.", at);
    return add_extra(index);
  }
  node_of_[step] = index;
  if (step < last_step_) {
    findings_.add("REORDERED_NODE",
                  "Stands for step " + std::to_string(step) + ", after a node of step " +
                      std::to_string(last_step_) + ".",
                  at);
  }
  last_step_ = std::max(last_step_, step);
  compare(step, index);
}

void Differ::read(const Json& dag) {
  const Json* const nodes = dag.is_object() ? dag.find("nodes") : nullptr;
  const bool has_nodes = nodes != nullptr && nodes->is_array();
  if (!has_nodes || dag.members().size() != 1) is_rebuildable_ = false;
  if (!reader_.object(dag, root_, "INVALID_DAG", kDagNames)) return;
  if (!has_nodes) {
    return findings_.add("INVALID_DAG", "Must have a list of nodes.", nodes_place_);
  }
  node_count_ = nodes->items().size();
  if (node_count_ > kDagNodesMax) {
    is_rebuildable_ = false;
    return findings_.add("TOO_MANY_NODES",
                         "Has " + std::to_string(node_count_) +
                             " nodes, more than 1000: none of them was looked at.",
                         nodes_place_);
  }
  nodes_.reserve(node_count_);
  for (std::size_t i = 0; i < node_count_; ++i) {
    findings_.set_index(i);
    nodes_.push_back(read_node(nodes->items()[i], {&nodes_place_, {}, i}, i));
    if (!nodes_.back().step) is_rebuildable_ = false;
  }
  for (std::size_t i = 0; i < node_count_; ++i) {
    findings_.set_index(i);
    match(i);
  }
  findings_.set_index(std::nullopt);
}

void Differ::find_missing() {
  for (std::size_t i = 0; i < node_of_.size(); ++i) {
    if (node_of_[i]) continue;
    missing_.items().emplace_back(std::uint64_t{i});
    findings_.add(
        "MISSING_NODE",
        "No node stands for step " + std::to_string(i) + " (" + quoted(step_id_of(plan_, i)) + ").",
        root_);
  }
}

std::string Differ::rebuilt_hash() {
  Plan rebuilt{.tenant_id = plan_.tenant_id, .steps = {}};
  rebuilt.steps.reserve(nodes_.size());
  for (auto& node : nodes_) rebuilt.steps.push_back(std::move(*node.step));
  return ir_hash(rebuilt);
}

Json Differ::details() {
  Json violations = Json::array();
  for (const auto& each : findings_.take()) {
    Json json = Json::object();
    if (each.step_index) json.set("nodeIndex", std::uint64_t{*each.step_index});
    json.set("code", each.code);
    json.set("message", each.message);
    violations.push(std::move(json));
  }
  return Json::object({{"missingIrSteps", std::move(missing_)},
                       {"extraDagNodes", std::move(extra_)},
                       {"hashMismatches", std::move(mismatches_)},
                       {"violations", std::move(violations)}});
}

PlanDiff Differ::diff(const Json& dag) {
  read(dag);
  if (node_count_ <= kDagNodesMax) find_missing();
  if (mismatch_count_ > kMismatchesMax) {
    findings_.add(
        "MORE_VIOLATIONS",
        std::to_string(mismatch_count_ - kMismatchesMax) + " more hash mismatches are not listed.",
        root_);
  }
  PlanDiff diff{.ok = findings_.error_count() == 0,
                .dag_hash = {},
                .dag_node_count = node_count_,
                .mismatch_details = {}};
  diff.mismatch_details = details();
  if (is_rebuildable_) {
    diff.dag_hash = rebuilt_hash();
  } else {
    // No plan has this member, so no plan has this hash.
    diff.dag_hash = content_hash_text(sha256(canonical_json(Json::object({{"notAPlan", dag}}))));
  }
  return diff;
}

}  // namespace

PlanDiff diff_plan(const Plan& plan, const Json& dag) {
  return Differ(plan).diff(dag);
}

}  // namespace assent
