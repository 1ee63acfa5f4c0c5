#include "app/consume_grant.h"

#include "app/clearance.h"
#include "app/expire.h"
#include "app/grant_events.h"
#include "app/kill_switch.h"
#include "app/requirement.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"
#include "store/tenants.h"

namespace assent::app {

namespace {

// What came of a presentation: the grant that was used, or why none was.
struct Presented {
  Approval approval;
  Grant grant;
  std::optional<Refused> refused;
};

std::string_view status_after(GrantRefusal refusal) {
  if (refusal == GrantRefusal::expired) return "expired";
  return refusal == GrantRefusal::already_consumed ? "consumed" : "invalid";
}

Refused told(GrantRefusal refusal, const Approval* approval) {
  Json details = Json::object({{"success", false},
                               {"status", status_after(refusal)},
                               {"message", refusal_message(refusal)}});
  if (approval != nullptr) {
    details.set("approvalId", approval->id.text());
    details.set("reason", word(refusal));
  }
  return {std::string(refusal_code(refusal)), std::string(refusal_message(refusal)),
          std::move(details)};
}

// What a token is presented for.
struct Presentation {
  const std::string& token;
  const std::string& content_hash;
  bool is_for_plan = false;   // To be allowed to start a plan, and nothing else.
  bool is_for_start = false;  // To start at once: a plan that is not cleared keeps its token.
};

// Nobody's token, as far as the caller and its log are told.
Result<Presented> refuse_unknown(store::Write& write, const Presentation& in) {
  Json data = Json::object({{"grantId", Json()},
                            {"contentHash", in.content_hash},
                            {"reason", word(GrantRefusal::token_not_found)}});
  if (in.is_for_plan) data.set("irHash", in.content_hash);
  TRY(write.record(
      {.type = "grant.refused", .subject = "content/" + in.content_hash, .data = std::move(data)}));
  Presented presented;
  presented.refused = told(GrantRefusal::token_not_found, nullptr);
  return presented;
}

// The owner's log says that the token is in somebody else's hands, and not in whose.
Result<void> warn_owner(store::Write& write, const store::PresentedGrant& found) {
  for (Tenant& tenant : TRY(store::all_tenants(write))) {
    if (tenant.number != found.tenant) continue;
    Caller owner = write.caller();
    owner.tenant = std::move(tenant);
    store::Write there = TRY(write.as(owner));
    const Approval approval = TRY(store::approval(there, found.grant.approval));
    const Json reason = Json::object({{"reason", word(GrantRefusal::tenant_mismatch)}});
    TRY(there.record_as({.type = ActorType::system, .id = "another-tenant"},
                        grant_event("grant.refused", approval, found.grant.id, reason)));
  }
  return {};
}

using Missing = std::vector<GrantRefusal>;

// Everything that speaks against it; of a plan that is to start at once, all that it lacks.
Result<Missing> refusals_of(store::Write& write, const Presented& presented,
                            const Presentation& in) {
  const Approval& approval = presented.approval;
  if (in.is_for_plan && approval.kind != Kind::plan) return Missing{GrantRefusal::ir_hash_mismatch};
  const auto refusal = refuse_token(approval, presented.grant, in.content_hash, write.now());
  if (refusal) return Missing{*refusal};
  if (in.is_for_start && approval.kind == Kind::plan) {
    Missing missing = TRY(plan_case(write, approval, presented.grant, std::nullopt)).missing;
    std::erase(missing, GrantRefusal::not_consumed);  // It is what is being done.
    if (!missing.empty()) return missing;
  }
  // What is stopped keeps its token: it is good again when the switch is released.
  if (TRY(stopping_switch(write, approval))) return Missing{GrantRefusal::kill_switch};
  if (TRY(is_refused_by_policy(write, approval))) return Missing{GrantRefusal::policy_denied};
  return Missing{};
}

Result<Presented> present(store::Write& write, const Presentation& in) {
  if (!content_hash_from_text(in.content_hash)) {
    return error_at(Code::validation_error, in.is_for_plan ? "irHash" : "contentHash",
                    "must be sha256: and 64 hex digits");
  }
  const auto found = TRY(store::grant_of_token(write.connection(), sha256(in.token)));
  if (!found) return refuse_unknown(write, in);
  if (found->tenant != write.tenant().number) {
    TRY(warn_owner(write, *found));
    return refuse_unknown(write, in);
  }
  Presented presented{.approval = TRY(store::approval(write, found->grant.approval)),
                      .grant = found->grant,
                      .refused = std::nullopt};
  const Actor actor = actor_of(write.caller());
  const Missing refusals = TRY(refusals_of(write, presented, in));
  if (!refusals.empty()) {
    const bool lists_them = in.is_for_start && presented.approval.kind == Kind::plan;
    TRY(expire_if_overdue(write, presented.grant, presented.approval));
    TRY(refuse_grant(write, actor, presented.approval, presented.grant, refusals.front(),
                     lists_them ? refusals : Missing{}));
    presented.refused = told(refusals.front(), &presented.approval);
    if (lists_them) presented.refused->details.set("missing", words_of(refusals));
    return presented;
  }
  const std::string by = write.caller().principal.id.text();
  TRY(record_consumption(write, actor, presented.approval, presented.grant,
                         Json::object({{"consumedBy", by}})));
  return presented;
}

}  // namespace

Result<ConsumedPlanApproval> consume_plan_approval(store::Write& write,
                                                   const ConsumePlanApproval& in) {
  Presented presented =
      TRY(present(write, {.token = in.token, .content_hash = in.ir_hash, .is_for_plan = true}));
  ConsumedPlanApproval out;
  out.refused = std::move(presented.refused);
  if (out.refused) return out;
  const Grant& grant = presented.grant;
  out.message = "Approval consumed successfully";
  out.approval_id = presented.approval.id;
  out.grant_id = grant.id;
  out.ir_hash = in.ir_hash;
  out.consumed_at = write.now();
  out.time_to_consume_seconds =
      std::chrono::floor<std::chrono::seconds>(write.now() - grant.issued_at).count();
  return out;
}

Result<ConsumedGrant> consume_grant(store::Write& write, const ConsumeGrant& in) {
  Presented presented = TRY(
      present(write, {.token = in.token, .content_hash = in.content_hash, .is_for_start = true}));
  ConsumedGrant out;
  out.refused = std::move(presented.refused);
  if (out.refused) return out;
  static_cast<Started&>(out) = TRY(start_execution(write, {.approval = presented.approval.id,
                                                           .content_hash = in.content_hash,
                                                           .lease_seconds = in.lease_seconds}));
  out.approval_id = presented.approval.id;
  return out;
}

void describe(Fields& fields, ConsumePlanApproval& in) {
  fields.field("token", in.token, "as it was shown", {.length_max = 255, .length_min = 1});
  fields.field("irHash", in.ir_hash, "of the plan that is about to run", {.length_max = 71});
}

void describe(Fields& fields, ConsumedPlanApproval& out) {
  fields.field("success", out.success, "true");
  fields.field("status", out.status, "consumed");
  fields.field("message", out.message, "a sentence");
  fields.field("approvalId", out.approval_id, "the approval");
  fields.field("grantId", out.grant_id, "the grant that was used");
  fields.field("irHash", out.ir_hash, "what may run");
  fields.field("consumedAt", out.consumed_at, "the commit's time");
  fields.field("timeToConsumeSeconds", out.time_to_consume_seconds, "since the decision");
}

void describe(Fields& fields, ConsumeGrant& in) {
  fields.field("token", in.token, "as it was shown", {.length_max = 255, .length_min = 1});
  fields.field("contentHash", in.content_hash, "of what is about to run", {.length_max = 71});
  fields.field("leaseSeconds", in.lease_seconds,
               "how long it may take before its outcome counts as unknown",
               {.min = 1, .max = 604'800});
}

void describe(Fields& fields, ConsumedGrant& out) {
  describe(fields, static_cast<Started&>(out));
  fields.field("approvalId", out.approval_id, "the approval");
}

}  // namespace assent::app
