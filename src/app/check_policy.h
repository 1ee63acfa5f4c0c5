// What the policy, or a draft of one, answers to a request, and why.
#pragma once

#include "app/operation.h"
#include "domain/policy.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

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
  std::vector<std::string> warnings;
};
void describe(Fields& fields, PolicyVerdict& out);
Result<PolicyVerdict> check_policy(const store::Read& read, const CheckPolicy& in);

}  // namespace assent::app
