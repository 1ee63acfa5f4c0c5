// What a policy says of one thing that may be asked: an entry, and the terms that make one. Pure.
#pragma once

#include "domain/condition.h"
#include "domain/evidence.h"
#include "domain/quorum.h"
#include "domain/words.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assent {

// Where the server itself executes what was approved.
struct Executor {
  std::string url;  // https, or http to a loopback host; no user, no fragment; at most 2,048 bytes.
  std::chrono::seconds timeout{30};  // At most the entry's lease.

  friend bool operator==(const Executor&, const Executor&) = default;
};

struct PolicyEntry {
  std::string tool;          // Glob: `*` is any run of characters.
  std::optional<Kind> kind;  // Nothing: tool calls. `content` entries match kind content by `type`.
  std::vector<ArgumentCondition> arguments;
  PolicyDecision decision = PolicyDecision::human;
  RiskTier risk_tier = RiskTier::high;
  EvidencePolicy evidence;
  Quorum quorum;
  std::chrono::seconds expires_after{};
  std::chrono::seconds grant_expires_after{};
  std::vector<std::string> safety_critical;  // Arguments that an allow must pin.
  std::vector<std::string> sensitive;        // Arguments that a suggested rule pins.
  std::int64_t max_attempts = 3;
  std::int64_t max_defers = 3;            // How often the deadline may be moved: 0 … 20.
  std::chrono::seconds lease{3600};       // How long an execution may run before it is `unknown`.
  bool requires_proof = false;            // A success without one is refused.
  std::optional<Executor> executor = {};  // Nothing: the requester executes.
  std::string description;
};

// What a risk tier or a template says. Nothing: it leaves that as it is.
struct PolicyTerms {
  std::optional<EvidencePolicy> evidence = {};
  std::optional<Quorum> quorum = {};
  std::optional<std::chrono::seconds> expires_after = {};
  std::optional<std::chrono::seconds> grant_expires_after = {};
  std::optional<std::int64_t> max_attempts = {};
  std::optional<std::int64_t> max_defers = {};
  std::optional<std::chrono::seconds> lease = {};
  std::optional<bool> requires_proof = {};
  std::optional<std::optional<Executor>> executor = {};  // Said to be none, or said to be one.
};

// Sets in `entry` what `terms` say.
void apply(const PolicyTerms& terms, PolicyEntry& entry);

}  // namespace assent
