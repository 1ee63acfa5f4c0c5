#include "app/break_glass.h"

#include <array>

namespace assent::app {

namespace {

// Who may, and for how long it opens.
constexpr std::array kRoles = {Role::admin};
constexpr std::chrono::seconds kGrant = std::chrono::hours(1);

}  // namespace

Result<GlassBroken> break_glass(store::Write& write, const BreakGlass& in) {
  Attempt attempt = TRY(gather(write, in, Verdict::break_glass));
  attempt.decision.break_glass_roles = kRoles;
  const Approval& approval = attempt.approval;
  GlassBroken broken{.approval_id = approval.id,
                     .grant_id = write.make_id<GrantId>(),
                     .expires_at = write.now() + kGrant,
                     .used_at = write.now(),
                     .used_by = attempt.decision.by->id};
  broken.refused = TRY(record_attempt(write, attempt));
  if (broken.refused) return broken;
  Json data = Json::object({{"decisionId", write.make_id<DecisionId>().text()},
                            {"incidentRef", in.incident_ref},
                            {"justification", in.justification},
                            {"contentHash", approval.content_hash},
                            {"grantId", broken.grant_id.text()},
                            {"ttlSeconds", static_cast<std::int64_t>(kGrant.count())},
                            {"expiresAt", to_rfc3339(broken.expires_at)},
                            {"usedBy", broken.used_by.text()},
                            {"usedAt", to_rfc3339(write.now())}});
  data.set_if("channel", in.channel);
  TRY(record_outcome(write, approval, "breakglass.used", std::move(data)));
  return broken;
}

Result<void> prepare(BreakGlass& in, const Preparation&) {
  TRY(require_words("incidentRef", in.incident_ref));
  return require_words("justification", in.justification);
}

void describe(Fields& fields, BreakGlass& in) {
  fields.path("id", in.approval, "the approval");
  fields.field("incidentRef", in.incident_ref, "the incident that makes it necessary",
               {.length_max = 255});
  fields.field("justification", in.justification, "why it cannot wait for its approvers",
               {.length_max = kReasonBytesMax, .allows_newlines = true});
  fields.field("contentHash", in.content_hash, "the hash of what was seen; a mismatch is refused",
               {.length_max = 71});
  fields.field("channel", in.channel, "where the decision was made, such as cli",
               {.length_max = 100});
}

void describe(Fields& fields, GlassBroken& out) {
  fields.field("approvalId", out.approval_id, "the approval");
  fields.field("status", out.status, "approved: it may run");
  fields.field("grantId", out.grant_id, "the right to execute, once");
  fields.field("expiresAt", out.expires_at, "until when it may be used");
  fields.field("usedAt", out.used_at, "the commit's time");
  fields.field("usedBy", out.used_by, "who broke the glass");
}

}  // namespace assent::app
