// An agent asks: may I do this? Policy answers at once, or people will.
#pragma once

#include "app/operation.h"
#include "domain/approval.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {
enum class TimeoutAction;
}
namespace assent {
template <>
std::span<const std::string_view> words<app::TimeoutAction>();
}

namespace assent::app {

struct AskedEvidencePolicy {
  std::optional<bool> required;
  std::optional<std::int64_t> ttl_seconds;
};
void describe(Fields& fields, AskedEvidencePolicy& policy);

// What happens when nobody decides in time (seed 002). Denial is the default and, until a policy
// can allow more, the only action.
enum class TimeoutAction { auto_approve, auto_reject, escalate };
struct AskedTimeout {
  std::optional<std::int64_t> duration;  // Minutes.
  std::optional<TimeoutAction> action;
  std::optional<std::string> message;
};
void describe(Fields& fields, AskedTimeout& timeout);

struct RequestApproval {
  Kind kind = Kind::tool_call;
  std::optional<std::string> tool;      // Required for a tool call, and only there.
  std::optional<JsonObject> arguments;  // Likewise; absent means {}.
  std::optional<std::string> title, description, type, reason;
  std::optional<Priority> priority;
  std::optional<Json> content;
  std::optional<Json> alternatives, risks, attachments, channel;
  std::optional<AskedTimeout> timeout;
  std::optional<JsonObject> context;
  std::optional<AskedEvidencePolicy> evidence_policy;
  std::optional<Timestamp> expires_at;
  std::optional<std::string> deduplication_key;
  std::optional<std::string> correlation_id;

  // Made by prepare(), before the writer's turn.
  std::string content_hash;
  Json subject;       // What is hashed and shown; or, if it is large,
  Json subject_blob;  // where it lies: `{sha256, sizeBytes}`.
  Json request;       // Everything else that was said; or
  Json request_blob;
};
void describe(Fields& fields, RequestApproval& in);
Result<void> prepare(RequestApproval& in, const Preparation& preparation);
bool blocks(const RequestApproval& in);

struct Requested {
  ApprovalId id;
  Status status = Status::pending;
  RiskTier risk_tier = RiskTier::high;
  std::string content_hash;
  Timestamp expires_at;
  std::optional<std::string> rule_id;
  std::string why;
  std::optional<std::string> notice;  // That there are too few people who could approve it.
};
void describe(Fields& fields, Requested& out);

Result<Requested> request_approval(store::Write& write, const RequestApproval& in);

}  // namespace assent::app
