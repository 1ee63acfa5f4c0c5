#include "app/issue_token.h"

#include "app/expire.h"
#include "app/grant_events.h"
#include "store/identities.h"
#include "store/state/approvals.h"
#include "store/state/grants.h"

namespace assent::app {

namespace {

Result<Grant> unshown_grant(const store::Read& read, const Approval& approval) {
  const auto grant = TRY(store::grant_of(read, approval.id));
  if (!grant) {
    return Error{Code::invalid_state,
                 "the approval is " + std::string(word(approval.status)) + ": there is no grant"};
  }
  if (grant->consumed_at) return Error{Code::invalid_state, "the grant has been used"};
  if (grant->expired_at || read.now() > grant->expires_at) {
    return Error{Code::expired, "the grant has expired"};
  }
  if (grant->has_token) return Error{Code::invalid_state, "the token was shown already: once"};
  return *grant;
}

}  // namespace

Result<IssuedToken> issue_token(store::Write& write, const IssueToken& in) {
  const Approval approval = TRY(store::approval(write, in.approval));
  // Whoever approved does not get to run it by that.
  if (approval.requested_by != write.caller().principal.id) {
    return Error{Code::insufficient_permissions, "only the requester gets the token"};
  }
  if (!approval.executor.is_null()) {
    return Error{Code::invalid_state, "the policy has the server execute this; nobody else may"};
  }
  const Grant grant = TRY(unshown_grant(write, approval));
  const auto token = store::make_token(write.random());
  TRY(write.record(grant_event("grant.token_issued", approval, grant.id,
                               Json::object({{"tokenHash", content_hash_text(token.hash)}}))));
  return IssuedToken{.grant_id = grant.id,
                     .token = token.raw,
                     .content_hash = approval.content_hash,
                     .expires_at = grant.expires_at};
}

void describe(Fields& fields, IssueToken& in) {
  fields.path("id", in.approval, "the approval");
}

void describe(Fields& fields, IssuedToken& out) {
  fields.field("grantId", out.grant_id, "the grant that it uses");
  fields.field("token", out.token, "the token itself; shown this once");
  fields.field("contentHash", out.content_hash, "what it is good for (of a plan: the irHash)");
  fields.field("expiresAt", out.expires_at, "until when it may be used");
}

}  // namespace assent::app
