#include "app/start_execution.h"

#include "app/clearance.h"
#include "app/executions.h"
#include "app/expire.h"
#include "app/grant_events.h"
#include "app/kill_switch.h"
#include "app/requirement.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"

namespace assent::app {

namespace {

struct Start {
  const StartExecution& in;
  ExecutedBy executor = ExecutedBy::requester;
};

Result<Started> refuse_start(store::Write& write, const Actor& actor, const Approval& approval,
                             const Grant& grant, GrantRefusal refusal,
                             std::span<const GrantRefusal> missing = {}) {
  Started refused;
  refused.refused = TRY(refuse_grant(write, actor, approval, grant, refusal, missing));
  return refused;
}

Result<Grant> usable_grant(store::Write& write, const Approval& approval) {
  auto grant = TRY(store::grant_of(write, approval.id));
  if (!grant) {
    return Error{Code::invalid_state,
                 "the approval is " + std::string(word(approval.status)) + ": there is no grant"};
  }
  return std::move(*grant);
}

// An attempt whose lease passed is unknown from now on, and so is what became of the approval.
Result<std::optional<Execution>> latest_attempt(store::Write& write, Approval& approval) {
  auto latest = TRY(store::latest_execution(write, approval.id));
  if (!latest || !TRY(lapse_if_overdue(write, *latest))) return latest;
  approval = TRY(store::approval(write, approval.id));
  return store::latest_execution(write, approval.id);
}

Result<bool> may_start(const store::Read& read, const Approval& approval) {
  const PrincipalId& caller = read.caller().principal.id;
  if (approval.requested_by == caller) return true;
  const auto grant = TRY(store::grant_of(read, approval.id));
  return grant && grant->consumed_by == caller;
}

Result<Started> record_start(store::Write& write, const Start& start, const Approval& approval,
                             const Grant& grant, std::int64_t attempt) {
  const StartExecution& in = start.in;
  const bool is_server = start.executor == ExecutedBy::server;
  const std::int64_t seconds =
      is_server ? *in.lease_seconds : TRY(lease_seconds(approval, in.lease_seconds));
  const Started started{.execution_id = write.make_id<ExecutionId>(),
                        .attempt = attempt,
                        .lease_expires_at = write.now() + std::chrono::seconds(seconds),
                        .refused = std::nullopt};
  const Actor actor = actor_for(start.executor, write.caller());
  if (!grant.consumed_at) TRY(record_consumption(write, actor, approval, grant));
  Json data = Json::object({{"grantId", grant.id.text()},
                            {"attempt", attempt},
                            {"leaseExpiresAt", to_rfc3339(started.lease_expires_at)}});
  if (is_server) data.set("onBehalfOf", approval.requested_by.text());
  TRY(write.record_as(actor, execution_event("execution.started", started.execution_id, approval,
                                             std::move(data))));
  return started;
}

Result<Started> start_as(store::Write& write, const Start& start, Approval approval) {
  const StartExecution& in = start.in;
  const Actor actor = actor_for(start.executor, write.caller());
  const Grant grant = TRY(usable_grant(write, approval));
  if (in.content_hash && *in.content_hash != approval.content_hash) {
    return refuse_start(write, actor, approval, grant, GrantRefusal::ir_hash_mismatch);
  }
  const auto latest = TRY(latest_attempt(write, approval));
  if (approval.kind == Kind::plan) {
    const PlanCase plan = TRY(plan_case(write, approval, grant, latest));
    if (!plan.missing.empty()) {
      TRY(expire_if_overdue(write, grant, approval));
      return refuse_start(write, actor, approval, grant, plan.missing.front(), plan.missing);
    }
  }
  if (const auto refusal = assent::refuse_start(approval, grant, latest, write.now())) {
    TRY(expire_if_overdue(write, grant, approval));
    return refuse_start(write, actor, approval, grant, *refusal);
  }
  if (TRY(stopping_switch(write, approval))) {
    return refuse_start(write, actor, approval, grant, GrantRefusal::kill_switch);
  }
  if (TRY(is_refused_by_policy(write, approval))) {
    return refuse_start(write, actor, approval, grant, GrantRefusal::policy_denied);
  }
  return record_start(write, start, approval, grant, latest ? latest->attempt + 1 : 1);
}

}  // namespace

Result<Started> start_execution(store::Write& write, const StartExecution& in) {
  TRY(expire_if_overdue(write, in.approval));
  Approval approval = TRY(store::approval(write, in.approval));
  // A grant is used by identity, or by whoever presented its token: nobody else's is worth anything
  // to a caller.
  if (!TRY(may_start(write, approval))) {
    return Error{Code::insufficient_permissions,
                 "only the requester, or who presented the grant's token, may execute"};
  }
  if (!approval.executor.is_null()) {
    return Error{Code::invalid_state, "the policy has the server execute this; nobody else may"};
  }
  return start_as(write, {.in = in, .executor = ExecutedBy::requester}, std::move(approval));
}

Result<Started> start_for_server(store::Write& write, const StartExecution& in) {
  CHECK(in.lease_seconds.has_value());
  Approval approval = TRY(store::approval(write, in.approval));
  CHECK(!approval.executor.is_null());
  return start_as(write, {.in = in, .executor = ExecutedBy::server}, std::move(approval));
}

void describe(Fields& fields, StartExecution& in) {
  fields.path("id", in.approval, "the approval");
  fields.field("contentHash", in.content_hash, "what is about to run; a mismatch is refused",
               {.length_max = 71});
  fields.field("leaseSeconds", in.lease_seconds,
               "how long it may take before its outcome counts as unknown; at most, and by "
               "default, what the approval grants",
               {.min = 1, .max = 604'800});
}

void describe(Fields& fields, Started& out) {
  fields.field("executionId", out.execution_id, "the execution");
  fields.field("attempt", out.attempt, "1 for the first");
  fields.field("leaseExpiresAt", out.lease_expires_at, "complete or renew until then");
}

}  // namespace assent::app
