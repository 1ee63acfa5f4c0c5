#include "app/plan_judgement.h"

#include "app/clearance.h"
#include "app/request_parts.h"
#include "store/state/plans.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace assent::app {

namespace {

// By the hash of the plan and the hash of the policy's document. What two hashes name never
// changes, so that one for the whole process cannot tell anybody anything. Thread-safe.
class PlanJudgements {
 public:
  using Key = std::pair<std::string, std::string>;

  std::optional<PlanJudgement> find(const Key& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(key);
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }

  bool has(const Key& key) const {
    const std::scoped_lock lock(mutex_);
    return known_.contains(key);
  }

  void keep(Key key, PlanJudgement judgement) {
    std::size_t bytes = kEntryBytes + key.first.size() + key.second.size();
    for (const std::string& action : judgement.actions) bytes += kEntryBytes + action.size();
    const std::scoped_lock lock(mutex_);
    // Whoever has so many finds them out again now and then.
    if (bytes_ + bytes > kBytesMax) {
      known_.clear();
      bytes_ = 0;
    }
    bytes_ += bytes;
    known_.insert_or_assign(std::move(key), std::move(judgement));
  }

 private:
  static constexpr std::size_t kBytesMax = std::size_t{32} * 1024 * 1024;
  static constexpr std::size_t kEntryBytes = 128;

  mutable std::mutex mutex_;
  std::map<Key, PlanJudgement> known_;  // Guarded by mutex_.
  std::size_t bytes_ = 0;               // Guarded by mutex_. About what they take.
};

PlanJudgements& judgements() {
  static PlanJudgements judgements;
  return judgements;
}

std::vector<std::string> actions_of(const Json& plan) {
  std::vector<std::string> actions;
  if (const Json* const steps = plan.find("steps"); steps != nullptr && steps->is_array()) {
    for (const Json& step : steps->items()) {
      if (const auto action = step.string_at("action")) actions.emplace_back(*action);
    }
  }
  std::sort(actions.begin(), actions.end());
  actions.erase(std::unique(actions.begin(), actions.end()), actions.end());
  return actions;
}

// As it was validated. One that was rejected since is where an approval of it has it.
Result<Json> plan_called(const store::Read& read, const std::string& ir_hash) {
  const auto plan = TRY(store::validated_plan(read, ir_hash));
  if (plan && !plan->content.is_null()) return plan_content(read, *plan);
  const auto approval = TRY(store::any_approval_of_plan(read, ir_hash));
  if (approval) return request_part(read, approval->request, "subject");
  return Error{Code::not_found, "There is no such plan."};
}

}  // namespace

Result<PlanJudgement> judgement_of(const std::string& ir_hash, const store::CurrentPolicy& policy) {
  auto known = judgements().find({ir_hash, policy.sha256});
  if (known) return *std::move(known);
  return error_at(Code::not_ready, ir_hash, "has not been judged by the policy in force yet");
}

Result<void> find_out(const store::Read& read, const Error& not_ready) {
  for (const FieldError& field : not_ready.fields) {
    const std::string& ir_hash = field.path;
    const auto policy = TRY(store::current_policy(read));
    // Many may wait for the same plan: the first one finds out for all.
    if (judgements().has({ir_hash, policy.sha256})) continue;
    const Json plan = TRY(plan_called(read, ir_hash));
    const PlanVerdict verdict =
        check_plan(read_plan(plan, read.tenant().name), policy.policy->plans);
    judgements().keep(
        {ir_hash, policy.sha256},
        {.status = verdict.status, .risk_tier = verdict.risk_tier, .actions = actions_of(plan)});
  }
  return {};
}

}  // namespace assent::app
