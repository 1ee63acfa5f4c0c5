// Approvals and their votes, as the state tables have them.
//
// Everything here is of the reader's tenant. What is absent and what is another tenant's answer the
// same Code::not_found with the same words. Code::corrupt if a row is none that project() writes.
#pragma once

#include "base/result.h"
#include "domain/approval.h"
#include "store/read.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assent::store {

// `request` of the result has the members subject or subjectBlob, request? or requestBlob?, why,
// policyVersion, policyEntry? and policySha256?, as in `approval.requested`.
Result<Approval> approval(const Read& read, const ApprovalId& id);

// Those that count towards the quorum, in the order of the log.
Result<std::vector<Vote>> votes(const Read& read, const ApprovalId& id);

// All given conditions must hold.
// The approval that was last requested under this deduplication key; nothing if none was.
Result<std::optional<Approval>> approval_of_deduplication_key(const Read& read,
                                                              std::string_view key);

struct ApprovalFilter {
  std::optional<Status> status = std::nullopt;
  std::optional<RiskTier> risk_tier = std::nullopt;
  std::optional<std::string> tool = std::nullopt;
  std::optional<PrincipalId> requester = std::nullopt;
  std::optional<std::string> correlation_id = std::nullopt;
  std::optional<ApprovalId> before_id =
      std::nullopt;  // Exclusive: the last one of the page before.
  std::int64_t limit = 100;
};

// Newest first, at most `limit`. Stable under inserts: what is new is before the first page.
Result<std::vector<Approval>> list_approvals(const Read& read, const ApprovalFilter& filter);

// What was asked in a time, for whoever goes through it all: the views are of the row it is read
// from, and last as long as the call that gets it.
struct PastRequest {
  ApprovalId id;
  Kind kind = Kind::tool_call;
  Status status = Status::pending;
  RiskTier risk_tier = RiskTier::high;
  std::optional<std::string_view> tool;
  Timestamp requested_at;
  EvidencePolicy evidence_policy;
  std::string_view quorum;  // As canonical JSON.
  bool allows_self_approval = false;
  bool has_decider = false;  // A human decided it.
  bool has_rule = false;     // A standing rule approved it.
  std::int64_t content_version = 1;
  std::string_view request;  // JSON, as in approval().
};

struct RequestPeriod {
  Timestamp since;                     // Inclusive.
  std::optional<Timestamp> until;      // Exclusive; nothing: to the end.
  std::optional<ApprovalId> after_id;  // Exclusive: the last one of the page before.
  std::int64_t limit = 1000;
};

// Visits at most `limit` requests, the oldest first. Returns the last one's id; nothing if that was
// all. What `visit` fails with is passed on.
Result<std::optional<ApprovalId>> visit_requests(
    const Read& read, const RequestPeriod& period,
    const std::function<Result<void>(const PastRequest&)>& visit);

// How many there are in the period, after `after_id`.
Result<std::int64_t> count_requests(const Read& read, const RequestPeriod& period);

// Pending approvals of the tenant whose deadline is before `now`, the longest overdue first.
Result<std::vector<ApprovalId>> overdue_approvals(Connection& connection, std::int64_t tenant,
                                                  Timestamp now, std::int64_t limit);

}  // namespace assent::store
