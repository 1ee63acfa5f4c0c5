// Approvals and their votes, as the state tables have them.
//
// Everything here is of the reader's tenant. What is absent and what is another tenant's answer the
// same Code::not_found with the same words. Code::corrupt if a row is none that project() writes.
#pragma once

#include "base/result.h"
#include "domain/approval.h"
#include "store/read.h"

#include <cstdint>
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

// Pending approvals of the tenant whose deadline is before `now`, the longest overdue first.
Result<std::vector<ApprovalId>> overdue_approvals(Connection& connection, std::int64_t tenant,
                                                  Timestamp now, std::int64_t limit);

}  // namespace assent::store
