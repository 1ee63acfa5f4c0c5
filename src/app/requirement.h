// What a pending approval must satisfy: the terms under which it was evaluated, which it keeps, and
// those of the policy in force, where that changed since.
//
// An unrelated change of the policy changes nothing, a stricter one keeps the votes and asks for
// more, a looser one gives nothing away, and a refusal ends the approval.
#pragma once

#include "domain/approval.h"
#include "store/read.h"
#include "store/state/policies.h"

namespace assent::app {

// What the policy in force says to some content.
struct PolicySays {
  store::CurrentPolicy policy;  // Keeps what `answer` points into.
  PolicyAnswer answer;
};
// `subject` is as it was hashed: `{kind, tool, arguments}` or `{kind, title?, …}`. REQUIRES: of no
// plan, which is judged elsewhere (plan_judgement.h).
Result<PolicySays> ask_policy(const store::Read& read, const Approval& approval,
                              const Json& subject);

// The policy answers for itself: the event's actor is the entry that did.
Actor policy_actor(std::int64_t version, const std::optional<std::size_t>& entry);

// Tightens a pending approval by the policy in force. Where that refuses the content by now, the
// approval is ended first (`approval.rejected` by the policy's entry).
Result<void> apply_policy_in_force(store::Write& write, Approval& approval);
// The same for whoever only looks: what would be refused is left as it is.
Result<void> show_policy_in_force(const store::Read& read, Approval& approval);

// Whether the policy in force refuses the content by now. What was approved under an earlier one
// does not start then.
Result<bool> is_refused_by_policy(const store::Read& read, const Approval& approval);

}  // namespace assent::app
