#include "app/withdraw_evidence.h"

#include "app/attach_evidence.h"
#include "store/state/approvals.h"
#include "store/state/evidence.h"

namespace assent::app {

Result<Withdrawn> withdraw_evidence(store::Write& write, const WithdrawEvidence& in) {
  const Evidence item = TRY(store::evidence(write, in.evidence));
  const Approval approval = TRY(store::approval(write, item.approval));
  TRY(refuse_unless_pending(write, approval));
  if (item.withdrawn_at) return Error{Code::invalid_state, "the evidence is withdrawn already"};
  Json data = Json::object({{"approvalId", approval.id.text()},
                            {"evidenceId", item.id.text()},
                            {"type", word(item.type)}});
  data.set_if("name", item.name);
  data.set_if("sha256", item.sha256);
  data.set_if("reason", in.reason);
  TRY(write.record({.type = "evidence.withdrawn",
                    .subject = "evidence/" + item.id.text(),
                    .data = std::move(data),
                    .correlation_id = approval.correlation_id}));
  return Withdrawn{.id = item.id, .approval_id = approval.id, .withdrawn_at = write.now()};
}

void describe(Fields& fields, WithdrawEvidence& in) {
  fields.path("id", in.evidence, "the evidence");
  fields.field("reason", in.reason, "why it no longer counts",
               {.length_max = 2000, .allows_newlines = true});
}

void describe(Fields& fields, Withdrawn& out) {
  fields.field("id", out.id, "the evidence");
  fields.field("approvalId", out.approval_id, "the approval it belonged to");
  fields.field("withdrawnAt", out.withdrawn_at, "the commit's time");
}

}  // namespace assent::app
