// What all decision verbs share: what a decider says, one ladder, and two events side by side, the
// attempt and its outcome.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

// The longest reason, in bytes. It is kept as it was said.
inline constexpr std::size_t kReasonBytesMax = 2000;

struct DecideApproval {
  ApprovalId approval;
  std::optional<std::string> content_hash;  // What the decider saw.
  std::optional<std::string> rationale;
  std::optional<std::string> reason;  // Another name of the rationale, until settle_reason().
  std::optional<std::int64_t> confidence;
  std::optional<std::string> channel;
  std::optional<Json> conditions, modifications;
};
void describe_decision(Fields& fields, DecideApproval& in);

// One text under one name: Code::validation_error if both names were used for two texts.
Result<void> settle_reason(DecideApproval& in);
// The same where a reason is mandatory: neither absent nor blank.
Result<void> require_reason(DecideApproval& in);
// Code::validation_error at `path` if there is nothing to read in the text.
Result<void> require_words(std::string_view path, std::string_view text);

struct Votes {
  std::int64_t have = 0;
  std::int64_t need = 1;
};
void describe(Fields& fields, Votes& votes);

// Everything one decision call knows, gathered before the attempt is written.
struct Attempt {
  const DecideApproval& in;
  Approval approval;  // With what the policy in force asks besides.
  Decision decision;
  std::vector<Vote> votes;  // Without this one.
  EvidenceCheck evidence;
};
// What has happened to the approval by now, the deadline or a policy that refuses it, is recorded
// first. Code::not_found if there is no such approval. REQUIRES: `in` outlives the result.
Result<Attempt> gather(store::Write& write, const DecideApproval& in, Verdict verdict);

// Records the attempt and, where the rules refuse it, the block. Nothing: go on, and record the
// outcome next.
Result<std::optional<Refused>> record_attempt(store::Write& write, const Attempt& attempt);

// An event about the approval: of its subject and correlation, saying its id and tool.
Result<void> record_outcome(store::Write& write, const Approval& approval, std::string type,
                            Json data);

// What a deciding event says: which decision, in what words, how long it took.
Json decision_data(store::Write& write, const Attempt& attempt, std::string_view action);

Result<void> issue_grant(store::Write& write, const Approval& approval, const GrantId& grant);

}  // namespace assent::app
