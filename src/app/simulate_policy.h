// What a draft of the policy would have answered to everything that was asked. Changes nothing.
#pragma once

#include "app/operation.h"
#include "domain/policy.h"

#include <optional>
#include <string>
#include <vector>

namespace assent::app {

struct SimulatePolicy {
  std::string document;              // The draft.
  std::optional<std::string> since;  // A duration back from now, or a time; default 30d.
  std::optional<std::string> until;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> requests_max;
};
void describe(Fields& fields, SimulatePolicy& in);
Result<void> take_body(SimulatePolicy& in, const RawBody& body);

// What the policy answers to one request. Who must approve, on which evidence, matters only where
// people decide.
struct SimulatedAnswer {
  PolicyDecision decision = PolicyDecision::human;
  RiskTier risk_tier = RiskTier::high;
  std::optional<std::int64_t> policy_entry;
  std::string why;
  std::optional<Json> approvers;
  std::optional<JsonObject> evidence;
  std::optional<std::string> self_approval;
};
void describe(Fields& fields, SimulatedAnswer& answer);

struct SimulatedChange {
  ApprovalId approval;
  std::optional<std::string> tool;
  Timestamp requested_at;
  SimulatedAnswer before, after;
};
void describe(Fields& fields, SimulatedChange& change);

struct Simulation {
  std::int64_t requests = 0;  // Always changed + unchanged + what is skipped.
  std::int64_t changed = 0;
  std::int64_t unchanged = 0;
  JsonObject skipped;                    // How many by reason; empty if every one was judged.
  std::vector<SimulatedChange> changes;  // The oldest first, at most as many as asked for.
  std::vector<std::string> warnings;     // Of the draft.
  std::int64_t policy_version = 0;       // In force, for comparison.
};
void describe(Fields& fields, Simulation& out);

Result<Simulation> simulate_policy(const store::Read& read, const SimulatePolicy& in);

}  // namespace assent::app
