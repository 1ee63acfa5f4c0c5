// Approvals, newest first, by filters and pages.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct ListApprovals {
  std::optional<Status> status;
  std::optional<RiskTier> risk_tier;
  std::optional<std::string> tool;
  std::optional<PrincipalId> requester;
  std::optional<std::string> correlation_id;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
void describe(Fields& fields, ListApprovals& in);

// A line of the list: what an approver needs to choose the next one.
struct ApprovalLine {
  ApprovalId id;
  Kind kind = Kind::tool_call;
  Status status = Status::pending;
  RiskTier risk_tier = RiskTier::high;
  std::string content_hash;
  std::optional<std::string> tool, title;
  PrincipalId requested_by;
  Timestamp requested_at, expires_at;
  std::string correlation_id;
};
void describe(Fields& fields, ApprovalLine& line);

struct ApprovalList {
  std::vector<ApprovalLine> approvals;
  std::optional<std::string> next_cursor;
};
void describe(Fields& fields, ApprovalList& out);
Json to_data(const ApprovalList& out);  // `data` is the array itself.

Result<ApprovalList> list_approvals(const store::Read& read, const ListApprovals& in);

}  // namespace assent::app
