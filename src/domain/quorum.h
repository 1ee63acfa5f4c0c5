// Who must say yes: an expression over roles, and whether given votes satisfy it. Pure.
#pragma once

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "domain/words.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace assent {

// `count` distinct humans who hold `role`.
struct ApproverRequirement {
  Role role = Role::approver;
  std::int64_t count = 1;  // 1 … 100.

  friend bool operator==(const ApproverRequirement&, const ApproverRequirement&) = default;
};

// A disjunction of conjunctions: any alternative whose requirements are all met suffices. The
// plain list of a policy is one alternative. Each human counts once within an alternative.
struct Quorum {
  std::vector<std::vector<ApproverRequirement>> alternatives;

  friend bool operator==(const Quorum&, const Quorum&) = default;
};

// A vote: who, and the roles held when voting.
struct Vote {
  PrincipalId by;
  std::vector<Role> roles;
};

struct QuorumProgress {
  std::int64_t have = 0;  // Seats filled in the alternative closest to being met.
  std::int64_t need = 1;  // Seats of that alternative.
  bool is_met() const { return have >= need; }
};

// By maximum matching of humans to seats, so that the order of votes never matters.
QuorumProgress evaluate(const Quorum& quorum, std::span<const Vote> votes);

// Whether somebody with these roles could fill any seat at all.
bool is_eligible(const Quorum& quorum, std::span<const Role> roles);

// The policy notation: `[{role, count}, …]` or `{any: [{all: […]}, …]}`; errors carry paths
// below `path`.
Result<Quorum> quorum_from_json(const Json& value, const std::string& path);
Json to_json(const Quorum& quorum);

}  // namespace assent
