// What a new approval will be, and the events that say so. For the operations that make approvals.
#pragma once

#include "app/request_approval.h"
#include "domain/approval.h"
#include "domain/evidence_override.h"
#include "domain/policy.h"
#include "domain/rule.h"
#include "store/state/policies.h"

#include <optional>
#include <string>

namespace assent::app {

struct Asked {
  Approval approval;
  PolicyAnswer answer;
  PolicyEntry entry;  // What answered, under the template that the request names.
  EffectiveEvidence evidence;
  PolicyDecision decision = PolicyDecision::human;
  store::CurrentPolicy policy;
  std::optional<Rule> rule;  // The standing rule that answers where the policy leaves it to people.
  std::string why;
  std::optional<std::string> notice;
  std::optional<std::string> unpinned;  // The argument that a standing rule leaves open.
};

// The caller's, asked now, under the terms of `asked.entry` and `asked.evidence`.
Approval approval_under(const store::Write& write, const RequestApproval& in, const Asked& asked);

// `approval.requested`.
Event requested_event(const RequestApproval& in, const Asked& asked);

// What a rule or the policy answers by itself: `approval.auto_approved`, with its grant, or
// `approval.rejected`; and whose answer it is.
Event answered_event(const store::Write& write, const Asked& asked);
Actor answering_actor(const Asked& asked);

}  // namespace assent::app
