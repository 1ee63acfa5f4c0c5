// Who must say yes: an expression over roles, groups and people, and whether given votes satisfy
// it. Pure.
#pragma once

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "domain/words.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace assent {

// Who may fill a seat: the holders of a role, the people of a group, or one human by name.
enum class SeatKind { role, group, person };

// `count` distinct humans of one sort. What belongs to another kind keeps its default.
struct ApproverRequirement {
  SeatKind kind = SeatKind::role;
  Role role = Role::approver;
  std::int64_t count = 1;  // 1 … 100; a person is one.
  std::string group;       // The group's name in the policy.
  // The group's people as of when the expression was read, or the one person: sorted, each once.
  // A pending approval is bound to them, whatever becomes of the group.
  std::vector<PrincipalId> people = {};

  friend bool operator==(const ApproverRequirement&, const ApproverRequirement&) = default;
};

// A disjunction of conjunctions: any alternative whose requirements are all met suffices. The
// plain list of a policy is one alternative. Each human counts once within an alternative.
// REQUIRES: no alternative has more than 32 requirements (quorum_from_json reads no larger one).
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

// Whether this human, with these roles, could fill any seat at all.
bool is_eligible(const Quorum& quorum, const Vote& voter);

// Whether it would be met if all the `others` voted too. They are the humans who still may, so
// neither the requester nor the owner; who is among the votes already counts once all the same.
bool can_be_met(const Quorum& quorum, std::span<const Vote> votes, std::span<const Vote> others);

// The approver groups of a policy, by name.
using ApproverGroups = std::map<std::string, std::vector<PrincipalId>, std::less<>>;

// Reads an expression: a list (all of it is needed), `{all: […]}` or `{any: […]}`. Elements are
// again an all or an any, at most 8 deep, or a requirement: `{role, count}`, `{group, count}` or
// `{person}`. Alternatives that nobody could meet, because each human counts once, are left out.
//
// With `groups` this is the policy's notation, and a group is looked up there. Without, it is the
// stored notation, in which a group carries its people: `{group, people: […], count}`.
//
// Errors carry paths below `path`. Refused are also: more than 64 alternatives; in one of them more
// than 32 requirements or a count over 100 in total; what nobody could ever meet; and what to_json
// would write in more than 8 KiB, since that goes into the event of every request.
Result<Quorum> quorum_from_json(const Json& value, const std::string& path,
                                const ApproverGroups* groups = nullptr);
// The stored notation: one alternative as a list, several as `{any: [{all: […]}, …]}`.
Json to_json(const Quorum& quorum);

}  // namespace assent
