#include "app/create_plan_approval.h"

#include "app/notice.h"
#include "app/plan_judgement.h"
#include "domain/plan/answer.h"

namespace assent::app {

namespace {

constexpr std::int64_t kTtlSecondsMax = 86'400;

Result<store::ValidatedPlan> escalated_plan(const store::Read& read, const std::string& ir_hash) {
  auto plan = TRY(store::validated_plan(read, ir_hash));
  if (!plan) return Error{Code::not_found, "There is no such plan."};
  switch (plan->status) {
    case PlanStatus::pass:
      return Error{Code::invalid_state, "the plan passed: it needs no approval"};
    case PlanStatus::reject:
      return Error{Code::invalid_state, "the plan was rejected: no approval can lift that"};
    case PlanStatus::escalate:
      break;
  }
  return std::move(*plan);
}

// What was found to need people is put before people: a policy that is milder by now does not
// answer for them, and takes nothing of what they need.
Result<PolicyAnswer> answer_of(const store::CurrentPolicy& current,
                               const store::ValidatedPlan& plan) {
  const Policy& policy = *current.policy;
  if (plan.policy_version == current.version) {
    return answer_to_plan(policy, plan.status, plan.risk_tier);
  }
  const PlanJudgement now = TRY(judgement_of(plan.ir_hash, current));
  const bool is_milder = plan.status == PlanStatus::escalate && now.status == PlanStatus::pass;
  return is_milder ? answer_to_plan(policy, plan.status, plan.risk_tier)
                   : answer_to_plan(policy, now.status, now.risk_tier);
}

// As asked, at most what the policy says of plans, if it says anything.
Result<std::int64_t> ttl_of(const CreatePlanApproval& in, const Policy& policy,
                            const Approval& approval) {
  const auto said = policy.plans.terms.grant_expires_after;
  const std::int64_t most = said ? said->count() : kTtlSecondsMax;
  if (!in.ttl_seconds) return approval.grant_ttl_seconds;
  if (*in.ttl_seconds <= most) return *in.ttl_seconds;
  return error_at(Code::unprocessable, "ttlSeconds", "must be at most " + std::to_string(most));
}

Result<Timestamp> deadline_of(const CreatePlanApproval& in, const store::Read& read,
                              Timestamp latest) {
  if (!in.expires_at) return latest;
  if (*in.expires_at <= read.now()) {
    return error_at(Code::unprocessable, "expiresAt", "must be in the future");
  }
  if (*in.expires_at <= latest) return *in.expires_at;
  return error_at(Code::unprocessable, "expiresAt", "must not be later than " + to_rfc3339(latest));
}

}  // namespace

Result<PlanAsked> ask_for_plan(store::Write& write, const store::ValidatedPlan& plan) {
  PlanAsked made;
  Asked& asked = made.asked;
  asked.policy = TRY(store::current_policy(write));
  asked.answer = TRY(answer_of(asked.policy, plan));
  asked.entry = *asked.answer.entry;
  asked.evidence.policy = asked.entry.evidence;
  asked.decision = asked.entry.decision;
  asked.why = asked.answer.why;
  made.said.kind = Kind::plan;
  made.said.content_hash = plan.ir_hash;
  made.said.correlation_id = plan.request_id;
  if (const Json* const inline_plan = plan.content.find("plan")) {
    made.said.subject = *inline_plan;
  } else {
    made.said.subject_blob = *plan.content.find("planBlob");
  }
  asked.approval = approval_under(write, made.said, asked);
  asked.approval.planned_by = plan.planned_by;
  asked.approval.planner_owner = plan.planner_owner;
  return made;
}

Result<PlanApproval> create_plan_approval(store::Write& write, const CreatePlanApproval& in) {
  const auto plan = TRY(escalated_plan(write, in.ir_hash));
  PlanAsked made = TRY(ask_for_plan(write, plan));
  Asked& asked = made.asked;
  if (asked.decision == PolicyDecision::reject) {
    return Error{Code::invalid_state, "the policy in force refuses the plan: " + asked.why};
  }
  Approval& approval = asked.approval;
  approval.grant_ttl_seconds = TRY(ttl_of(in, *asked.policy.policy, approval));
  approval.expires_at = TRY(deadline_of(in, write, approval.expires_at));
  made.said.request = Json::object();
  made.said.request.set_if("title", in.title);
  made.said.request.set_if("reason", in.reason);
  asked.notice = TRY(notice_of(write, approval, {}));
  TRY(write.record(requested_event(made.said, asked)));
  return PlanApproval{.id = approval.id,
                      .status = Status::pending,
                      .ir_hash = plan.ir_hash,
                      .risk_tier = approval.risk_tier,
                      .expires_at = approval.expires_at,
                      .ttl_seconds = approval.grant_ttl_seconds,
                      .why = asked.why,
                      .notice = asked.notice};
}

void describe(Fields& fields, CreatePlanApproval& in) {
  fields.field("irHash", in.ir_hash, "of a plan that was validated and needs people",
               {.length_max = 71, .length_min = 71});
  fields.field("ttlSeconds", in.ttl_seconds,
               "how long the token is good for once it is approved; default 3600",
               {.min = 1, .max = kTtlSecondsMax});
  fields.field("title", in.title, "one line for the approver", {.length_max = 200});
  fields.field("reason", in.reason, "why the requester wants it",
               {.length_max = 2000, .allows_newlines = true});
  fields.field("expiresAt", in.expires_at, "a deadline earlier than the policy's");
}

void describe(Fields& fields, PlanApproval& out) {
  fields.field("id", out.id, "the approval");
  fields.field("status", out.status, "pending: people decide");
  fields.field("irHash", out.ir_hash, "what a decision is bound to: the contentHash");
  fields.field("riskTier", out.risk_tier, "the riskiest step's");
  fields.field("expiresAt", out.expires_at, "when it expires undecided");
  fields.field("ttlSeconds", out.ttl_seconds, "how long the token will be good for");
  fields.field("why", out.why, "what the policy says of it");
  fields.field("notice", out.notice, "that there are too few people to approve it");
}

}  // namespace assent::app
