// The approval: what is asked, who may decide it, and what deciding does. Pure: told the time.
#pragma once

#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "domain/evidence.h"
#include "domain/policy.h"
#include "domain/principal.h"
#include "domain/quorum.h"
#include "domain/words.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace assent {

// Its members are in the order in which one asks for them, not in that of their sizes.
struct Approval {  // NOLINT(clang-analyzer-optin.performance.Padding)
  ApprovalId id;
  Kind kind = Kind::tool_call;
  Status status = Status::pending;
  RiskTier risk_tier = RiskTier::high;
  std::string content_hash;  // `sha256:…` of JCS of the subject.
  std::optional<std::string> tool;
  PrincipalId requested_by;
  std::optional<PrincipalId> requester_owner;  // The human behind the requesting agent, as of then.
  // Of a plan: who had it validated first, and the human behind that agent.
  std::optional<PrincipalId> planned_by = {}, planner_owner = {};
  Timestamp requested_at;
  Timestamp expires_at;
  EvidencePolicy evidence_policy;
  Quorum quorum;
  bool allows_self_approval = false;
  std::int64_t max_attempts = 3;
  std::int64_t grant_ttl_seconds = 86400;
  std::int64_t lease_seconds = 3600;  // How long an execution may run before it is `unknown`.
  bool requires_proof = false;        // A success without one is refused.
  Json executor;                // `{url, timeoutSeconds}` where the server executes; else null.
  std::int64_t defers = 0;      // How often the deadline was moved …
  std::int64_t max_defers = 3;  // … and may be.
  std::int64_t content_version = 1;  // One more with each edit.
  // What must be satisfied besides `quorum`: what the policy asked for edited content, and what the
  // policy in force asks by now (tighten()). Each human counts once in each.
  std::vector<Quorum> further_quorums;
  std::optional<RuleId> rule;  // The standing rule that approved it.
  std::string correlation_id;
  std::optional<Timestamp> decided_at;
  // The last vote's human. Nothing where a rule decided, or where the glass was broken: that is no
  // approval.
  std::optional<PrincipalId> decided_by;
  std::optional<PrincipalId> glass_broken_by;
  Json request = Json::object();  // Everything else asked: subject (or its blob), title, reason, …
};

// What satisfies the policy's entry too becomes part of what the approval is bound to: the stricter
// evidence policy, the higher risk, the fewer attempts, the shorter grant, and the entry's quorum
// beside those that are there. An entry that allows asks nobody besides.
void tighten(Approval& approval, const Policy& policy, const PolicyEntry& entry);

// Of the quorum that is farthest from being met: it is met when all are.
QuorumProgress evaluate(const Approval& approval, std::span<const Vote> votes);
// Whether this human could fill a seat of any of them.
bool is_eligible(const Approval& approval, const Vote& voter);
// Whether all of them would be met if all the `others` voted too (can_be_met in quorum.h).
bool can_be_met(const Approval& approval, std::span<const Vote> votes,
                std::span<const Vote> others);
// Whether the principal asked for this, or answers for the agent that did.
bool is_requester(const Approval& approval, const PrincipalId& by);
// Whether a decision of it would be one of the principal's own doing: its request or its plan.
bool is_own(const Approval& approval, const PrincipalId& by);

// A decision call by a principal.
struct Decision {
  Verdict verdict = Verdict::approve;
  const Principal* by = nullptr;  // Never null.
  Timestamp at;
  std::optional<std::string> content_hash;       // What the decider saw.
  bool has_started = false;                      // Whether it was ever run: for an abandon.
  std::span<const Role> break_glass_roles = {};  // Who may break the glass.
  bool is_stopped = false;                       // A kill switch that means it is engaged.
};

// The first reason why the rules refuse the decision, or nothing. `votes` are those already
// counted; `evidence` is only looked at for an approve or an edit, and is about the content that
// will be approved.
std::optional<Refusal> refuse(const Approval& approval, const Decision& decision,
                              std::span<const Vote> votes, const EvidenceCheck& evidence);

// The `details` of the refusal, the same object in the response and in the event.
Json refusal_details(Refusal refusal, const Approval& approval, const Decision& decision,
                     const EvidenceCheck& evidence);

// The deadline is moved by whole hours: so many at least and at most.
inline constexpr std::int64_t kDeferHoursMin = 1;
inline constexpr std::int64_t kDeferHoursMax = 168;

// Whether the deadline has passed (equality is still in time) and it is still pending.
bool is_overdue(const Approval& approval, Timestamp now);

// The status of the approval after an execution ended so; nothing if it does not change (a definite
// failure leaves it approved).
std::optional<Status> status_after(ExecutionState outcome);

// contentHash (API.md, "What is hashed").
std::string tool_call_hash(std::string_view tool, const Json& arguments);
struct ContentSubject {
  std::optional<std::string> title, description, type;
  std::optional<Json> content;
};
std::string content_hash_of(const ContentSubject& subject);

// ---- grants and executions ----

struct Grant {
  GrantId id;
  ApprovalId approval;
  std::string content_hash;
  GrantForm form = GrantForm::identity;
  bool has_token = false;  // Its token was shown: once.
  Timestamp issued_at;
  Timestamp expires_at;
  std::optional<Timestamp> consumed_at;
  std::optional<PrincipalId> consumed_by;  // Who presented the token.
  std::optional<Timestamp> expired_at;     // When the expiry was recorded.
};

// What a person, or a verification, says became of an execution whose outcome was unknown.
struct Resolution {
  ExecutionState as = ExecutionState::success;  // Or failure, or partial.
  Timestamp at;
  PrincipalId by;
  std::string note;
  Json verification;  // null where none.
};

struct Execution {
  ExecutionId id;
  ApprovalId approval;
  GrantId grant;
  std::int64_t attempt = 1;
  ExecutionState state = ExecutionState::started;
  PrincipalId started_by;
  bool by_server = false;  // The server executes, on behalf of `started_by`.
  Timestamp started_at;
  Timestamp lease_expires_at;
  std::optional<Timestamp> completed_at;  // When its end was told, or became unknown.
  Json result;                            // null where none.
  std::optional<std::string> error;
  std::optional<Resolution> resolution;  // Of an unknown outcome; `state` is what it says.
};

// Whether its lease passed without a completion (equality is still in time): its outcome is then
// unknown, whether or not that is recorded yet.
bool is_lapsed(const Execution& execution, Timestamp now);

// Whether no attempt is left after this definite failure.
bool is_exhausted(const Approval& approval, const Execution& execution);

// Why what its caller calls a success is none: an object that says `success: false` or carries an
// `error` (anything but null, false, 0 and what is empty). Nothing where it may be one.
std::optional<std::string> failure_told_by(const Json& result);

// May an execution start? Nothing means yes. A consumed grant allows the attempt that its token
// was presented for, and another only after a definite failure and below the approval's
// max_attempts.
std::optional<GrantRefusal> refuse_start(const Approval& approval, const Grant& grant,
                                         const std::optional<Execution>& latest, Timestamp now);

// May its token be consumed for this content? Nothing means yes. What was consumed stays consumed,
// however late it is presented again.
std::optional<GrantRefusal> refuse_token(const Approval& approval, const Grant& grant,
                                         std::string_view content_hash, Timestamp now);

}  // namespace assent
