#include "app/abandon_approval.h"

#include "store/state/grants.h"

namespace assent::app {

Result<Abandoned> abandon(store::Write& write, const Abandon& in) {
  Attempt attempt = TRY(gather(write, in, Verdict::abandon));
  attempt.decision.has_started = TRY(store::latest_execution(write, in.approval)).has_value();
  Abandoned abandoned{.approval_id = attempt.approval.id,
                      .abandoned_at = write.now(),
                      .abandoned_by = attempt.decision.by->id};
  abandoned.refused = TRY(record_attempt(write, attempt));
  if (abandoned.refused) return abandoned;
  Json data = Json::object({{"decisionId", write.make_id<DecisionId>().text()},
                            {"contentHash", attempt.approval.content_hash},
                            {"abandonedBy", abandoned.abandoned_by.text()},
                            {"abandonedAt", to_rfc3339(write.now())}});
  data.set_if("reason", in.rationale);
  TRY(record_outcome(write, attempt.approval, "approval.abandoned", std::move(data)));
  return abandoned;
}

Result<void> prepare(Abandon& in, const Preparation&) {
  return require_reason(in);
}

void describe(Fields& fields, Abandon& in) {
  describe_decision(fields, in);
}

void describe(Fields& fields, Abandoned& out) {
  fields.field("approvalId", out.approval_id, "the approval");
  fields.field("status", out.status, "abandoned");
  fields.field("abandonedAt", out.abandoned_at, "the commit's time");
  fields.field("abandonedBy", out.abandoned_by, "who gave it up");
}

}  // namespace assent::app
