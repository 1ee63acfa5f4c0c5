// The tenant's policy: read, put as a new version, and asked what it would answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/operation.h"
#include "domain/policy.h"

namespace assent::app {

struct GetPolicy {
  std::optional<std::int64_t> version;
};
void describe(Fields& fields, GetPolicy& in);

struct PolicyView {
  std::int64_t version = 0;
  std::optional<std::string> sha256;    // Absent for version 0, the built-in policy.
  std::optional<std::string> document;  // The text as it was put.
};
void describe(Fields& fields, PolicyView& view);
Result<PolicyView> get_policy(const store::Read& read, const GetPolicy& in);

struct PutPolicy {
  std::string document;
  Hash sha256{};  // Of the document, made by prepare() when it stored the blob.
};
void describe(Fields& fields, PutPolicy& in);
Result<void> take_body(PutPolicy& in, const RawBody& body);
Result<void> prepare(PutPolicy& in, const Preparation& preparation);
bool blocks(const PutPolicy& in);

struct PutPolicyDone {
  std::int64_t version = 0;
  std::string sha256;
};
void describe(Fields& fields, PutPolicyDone& out);
Result<PutPolicyDone> put_policy(store::Write& write, const PutPolicy& in);

struct CheckPolicy {
  std::optional<Kind> kind;
  std::optional<std::string> tool, type;
  std::optional<JsonObject> arguments;
  std::optional<std::string> document;  // A draft; default: the policy in force.
};
void describe(Fields& fields, CheckPolicy& in);

struct PolicyVerdict {
  PolicyDecision decision = PolicyDecision::human;
  RiskTier risk_tier = RiskTier::high;
  std::string why;
  std::optional<std::int64_t> entry;
  std::int64_t policy_version = 0;  // 0 also for a draft.
  Json approvers;
  JsonObject evidence;
  std::int64_t expires_after_seconds = 0;
  std::vector<std::string> considered;
};
void describe(Fields& fields, PolicyVerdict& out);
Result<PolicyVerdict> check_policy(const store::Read& read, const CheckPolicy& in);

}  // namespace assent::app
