#include "app/requirement.h"

#include "app/plan_judgement.h"
#include "app/request_parts.h"
#include "domain/plan/answer.h"
#include "store/state/approvals.h"

namespace assent::app {

namespace {

// What the policy in force says, if it is another than the one that the approval is bound to.
Result<std::optional<PolicySays>> news(const store::Read& read, const Approval& approval) {
  const auto policy = TRY(store::current_policy(read));
  if (approval.request.integer_at("policyVersion") == policy.version) {
    return std::optional<PolicySays>();
  }
  if (approval.kind != Kind::plan) {
    const Json subject = TRY(request_part(read, approval.request, "subject"));
    return std::optional(TRY(ask_policy(read, approval, subject)));
  }
  const PlanJudgement plan = TRY(judgement_of(approval.content_hash, policy));
  const PolicyAnswer answer = answer_to_plan(*policy.policy, plan.status, plan.risk_tier);
  return std::optional(PolicySays{.policy = policy, .answer = answer});
}

// Nobody attempted it.
Result<void> reject(store::Write& write, const Approval& approval, const PolicySays& says) {
  const auto& index = says.answer.index;
  Json data = Json::object({{"approvalId", approval.id.text()},
                            {"contentHash", approval.content_hash},
                            {"rejectedAt", to_rfc3339(write.now())},
                            {"why", says.answer.why}});
  data.set_if("tool", approval.tool);
  if (index) data.set("policyEntry", static_cast<std::int64_t>(*index));
  TRY(write.record_as(policy_actor(says.policy.version, index),
                      {.type = "approval.rejected",
                       .subject = "approval/" + approval.id.text(),
                       .data = std::move(data),
                       .correlation_id = approval.correlation_id}));
  return {};
}

}  // namespace

Actor policy_actor(std::int64_t version, const std::optional<std::size_t>& entry) {
  return {.type = ActorType::rule,
          .id = "policy/" + std::to_string(version) + "/" +
                (entry ? std::to_string(*entry) : "defaults")};
}

Result<PolicySays> ask_policy(const store::Read& read, const Approval& approval,
                              const Json& subject) {
  PolicySays says{.policy = TRY(store::current_policy(read)), .answer = {}};
  const std::string name =
      approval.tool ? *approval.tool : std::string(subject.string_at("type").value_or("content"));
  const Json* arguments = subject.find("arguments");
  says.answer = evaluate(*says.policy.policy, approval.kind, name,
                         arguments == nullptr ? Json::object() : *arguments);
  return says;
}

Result<void> apply_policy_in_force(store::Write& write, Approval& approval) {
  if (approval.status != Status::pending) return {};
  const auto says = TRY(news(write, approval));
  if (!says) return {};
  if (says->answer.entry->decision == PolicyDecision::reject) {
    TRY(reject(write, approval, *says));
    approval = TRY(store::approval(write, approval.id));
    return {};
  }
  tighten(approval, *says->policy.policy, *says->answer.entry);
  return {};
}

Result<bool> is_refused_by_policy(const store::Read& read, const Approval& approval) {
  const auto says = TRY(news(read, approval));
  return says && says->answer.entry->decision == PolicyDecision::reject;
}

Result<void> show_policy_in_force(const store::Read& read, Approval& approval) {
  if (approval.status != Status::pending) return {};
  const auto says = TRY(news(read, approval));
  if (!says || says->answer.entry->decision == PolicyDecision::reject) return {};
  tighten(approval, *says->policy.policy, *says->answer.entry);
  return {};
}

}  // namespace assent::app
