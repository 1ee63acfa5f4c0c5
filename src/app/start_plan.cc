#include "app/start_plan.h"

#include "app/clearance.h"
#include "app/create_plan_approval.h"
#include "app/grant_events.h"

namespace assent::app {

namespace {

// Where there is an approval, its grant is what is refused; else the plan itself.
Result<Refused> refuse(store::Write& write, const std::string& ir_hash, const PlanCase& found) {
  const GrantRefusal first = found.missing.front();
  if (found.approval && found.grant) {
    return refuse_grant(write, actor_of(write.caller()), *found.approval, *found.grant, first,
                        found.missing);
  }
  Event event{.type = "grant.refused",
              .subject = "plan/" + ir_hash,
              .data = Json::object({{"grantId", Json()},
                                    {"contentHash", ir_hash},
                                    {"irHash", ir_hash},
                                    {"reason", word(first)},
                                    {"missing", words_of(found.missing)}})};
  if (found.plan) event.correlation_id = found.plan->request_id;
  TRY(write.record(event));
  return Refused{
      std::string(refusal_code(first)), std::string(refusal_message(first)),
      Json::object(
          {{"irHash", ir_hash}, {"reason", word(first)}, {"missing", words_of(found.missing)}})};
}

// Nothing runs without an approval of exactly that content: of a plan that passed, the policy's.
Result<ApprovalId> approve_by_policy(store::Write& write, const store::ValidatedPlan& plan) {
  const PlanAsked made = TRY(ask_for_plan(write, plan));
  CHECK(made.asked.decision == PolicyDecision::allow);  // Or something would be missing.
  TRY(write.record(requested_event(made.said, made.asked)));
  TRY(write.record_as(answering_actor(made.asked), answered_event(write, made.asked)));
  return made.asked.approval.id;
}

}  // namespace

Result<StartedPlan> start_plan(store::Write& write, const StartPlan& in) {
  if (!content_hash_from_text(in.ir_hash)) {
    return error_at(Code::validation_error, "irHash", "must be sha256: and 64 hex digits");
  }
  const PlanCase found = TRY(plan_case(write, in.ir_hash));
  StartedPlan out;
  if (!found.missing.empty()) {
    out.refused = TRY(refuse(write, in.ir_hash, found));
    return out;
  }
  out.approval_id =
      found.approval ? found.approval->id : TRY(approve_by_policy(write, *found.plan));
  static_cast<Started&>(out) = TRY(start_execution(write, {.approval = out.approval_id,
                                                           .content_hash = in.ir_hash,
                                                           .lease_seconds = in.lease_seconds}));
  return out;
}

void describe(Fields& fields, StartPlan& in) {
  fields.field("irHash", in.ir_hash, "of the plan that is about to run", {.length_max = 71});
  fields.field("leaseSeconds", in.lease_seconds,
               "how long it may take before its outcome counts as unknown",
               {.min = 1, .max = 604'800});
}

void describe(Fields& fields, StartedPlan& out) {
  describe(fields, static_cast<Started&>(out));
  fields.field("approvalId", out.approval_id, "the approval that it runs under");
}

}  // namespace assent::app
