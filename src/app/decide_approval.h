// A person decides: approve, reject; or the requester cancels.
#pragma once

#include "app/decision.h"

#include <optional>
#include <string>

namespace assent::app {

// The same fields for three verbs; distinct types, because each is its own operation.
struct Approve : DecideApproval {};
struct Reject : DecideApproval {};
struct Cancel : DecideApproval {};
void describe(Fields& fields, Approve& in);
void describe(Fields& fields, Reject& in);
void describe(Fields& fields, Cancel& in);
Result<void> prepare(Approve& in, const Preparation& preparation);
Result<void> prepare(Reject& in, const Preparation& preparation);
Result<void> prepare(Cancel& in, const Preparation& preparation);

struct Decided {
  ApprovalId approval_id;
  Status status = Status::pending;
  std::optional<Timestamp> approved_at = {}, rejected_at = {}, cancelled_at = {};
  std::optional<PrincipalId> approved_by = {}, rejected_by = {}, cancelled_by = {};
  std::optional<Votes> votes = {};
  std::optional<std::string> notice = {};  // That there is nobody who could complete the quorum.
  std::optional<Refused> refused = {};
};
void describe(Fields& fields, Decided& out);

Result<Decided> approve(store::Write& write, const Approve& in);
Result<Decided> reject(store::Write& write, const Reject& in);
Result<Decided> cancel(store::Write& write, const Cancel& in);

// Counts the attempt's vote for the approval's content, with `data` as what the deciding event
// says: approved once the quorum is met, recorded until then.
Result<Decided> count_vote(store::Write& write, Attempt& attempt, Json data);

}  // namespace assent::app
