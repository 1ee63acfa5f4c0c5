// A person decides: approve, reject; or the requester cancels. One ladder, one pair of events.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>

namespace assent::app {

struct DecideApproval {
  ApprovalId approval;
  std::optional<std::string> content_hash;  // What the decider saw.
  std::optional<std::string> rationale;
  std::optional<std::int64_t> confidence;
  std::optional<std::string> channel;
  std::optional<Json> conditions, modifications;
  std::optional<Json> create_rule;  // Of approve alone: the rule that is wanted besides.
};
// The same fields for three verbs; distinct types, because each is its own operation.
struct Approve : DecideApproval {};
struct Reject : DecideApproval {};
struct Cancel : DecideApproval {};
void describe(Fields& fields, Approve& in);
void describe(Fields& fields, Reject& in);
void describe(Fields& fields, Cancel& in);

struct Votes {
  std::int64_t have = 0;
  std::int64_t need = 1;
};
void describe(Fields& fields, Votes& votes);

struct Decided {
  ApprovalId approval_id;
  Status status = Status::pending;
  std::optional<Timestamp> approved_at, rejected_at, cancelled_at;
  std::optional<PrincipalId> approved_by, rejected_by, cancelled_by;
  std::optional<Votes> votes;
  std::optional<RuleId> rule_id;  // Made with this approval.
  std::optional<Refused> refused;
};
void describe(Fields& fields, Decided& out);

Result<Decided> approve(store::Write& write, const Approve& in);
Result<Decided> reject(store::Write& write, const Reject& in);
Result<Decided> cancel(store::Write& write, const Cancel& in);

}  // namespace assent::app
