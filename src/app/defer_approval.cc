#include "app/defer_approval.h"

namespace assent::app {

Result<Deferred> defer(store::Write& write, const Defer& in) {
  const Attempt attempt = TRY(gather(write, in, Verdict::defer));
  const Approval& approval = attempt.approval;
  Deferred deferred{.approval_id = approval.id,
                    .status = approval.status,
                    .expires_at = approval.expires_at + std::chrono::hours(in.hours),
                    .defers = approval.defers + 1,
                    .max_defers = approval.max_defers};
  deferred.refused = TRY(record_attempt(write, attempt));
  if (deferred.refused) return deferred;
  Json data = decision_data(write, attempt, "deferred");
  data.set("from", to_rfc3339(approval.expires_at));
  data.set("to", to_rfc3339(deferred.expires_at));
  data.set("hours", in.hours);
  data.set("count", deferred.defers);
  TRY(record_outcome(write, approval, "approval.deferred", std::move(data)));
  return deferred;
}

Result<void> prepare(Defer& in, const Preparation&) {
  TRY(settle_reason(in));
  if (in.hours >= kDeferHoursMin && in.hours <= kDeferHoursMax) return {};
  return error_at(Code::unprocessable, "hours", "must be from 1 to 168");
}

void describe(Fields& fields, Defer& in) {
  describe_decision(fields, in);
  fields.field("hours", in.hours, "by how much the deadline moves: 1 to 168");
}

void describe(Fields& fields, Deferred& out) {
  fields.field("approvalId", out.approval_id, "the approval");
  fields.field("status", out.status, "still pending");
  fields.field("expiresAt", out.expires_at, "the deadline from now on");
  fields.field("defers", out.defers, "how often it was moved");
  fields.field("maxDefers", out.max_defers, "how often it may be");
}

}  // namespace assent::app
