// A bearer token is presented: the grant that it stands for is used, once, for exactly what was
// approved. What is wrong with it is on the log; a stranger learns nothing.
#pragma once

#include "app/operation.h"
#include "app/start_execution.h"

#include <cstdint>
#include <optional>
#include <string>

namespace assent::app {

// For a plan: the token is used, and the plan may be started by whoever presented it.
struct ConsumePlanApproval {
  std::string token;
  std::string ir_hash;
};
void describe(Fields& fields, ConsumePlanApproval& in);

struct ConsumedPlanApproval {
  bool success = true;
  std::string status = "consumed";
  std::string message;
  ApprovalId approval_id;
  GrantId grant_id;
  std::string ir_hash;
  Timestamp consumed_at;
  std::int64_t time_to_consume_seconds = 0;
  std::optional<Refused> refused;
};
void describe(Fields& fields, ConsumedPlanApproval& out);

Result<ConsumedPlanApproval> consume_plan_approval(store::Write& write,
                                                   const ConsumePlanApproval& in);

// For whatever was approved: the token is used, and the execution starts in the same commit.
struct ConsumeGrant {
  std::string token;
  std::string content_hash;
  std::optional<std::int64_t> lease_seconds;
};
void describe(Fields& fields, ConsumeGrant& in);

struct ConsumedGrant : Started {
  ApprovalId approval_id;
};
void describe(Fields& fields, ConsumedGrant& out);

Result<ConsumedGrant> consume_grant(store::Write& write, const ConsumeGrant& in);

}  // namespace assent::app
