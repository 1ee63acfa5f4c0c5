#include "domain/quorum.h"

#include <algorithm>

namespace assent {
namespace {

using Requirements = std::vector<ApproverRequirement>;

constexpr std::int64_t kCountMax = 100;
// Nobody reads a quorum larger than this, and matching stays far below a millisecond.
constexpr std::size_t kAlternativesMax = 20;
constexpr std::size_t kRequirementsMax = 20;

bool holds(std::span<const Role> roles, Role role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

// The votes with each human once, under all the roles of that human's votes.
std::vector<Vote> by_human(std::span<const Vote> votes) {
  std::vector<Vote> humans;
  for (const Vote& vote : votes) {
    const auto known = std::find_if(humans.begin(), humans.end(),
                                    [&vote](const Vote& human) { return human.by == vote.by; });
    if (known == humans.end()) {
      humans.push_back(vote);
    } else {
      known->roles.insert(known->roles.end(), vote.roles.begin(), vote.roles.end());
    }
  }
  return humans;
}

// Maximum bipartite matching by augmenting paths (Kuhn 1955), where the seats of one requirement
// are alike and therefore one node with a capacity. Greedy seating would not do: with seats for an
// approver and an admin, a human who is both may take the only approver's seat and strand another.
class Seating {
 public:
  Seating(const Requirements& requirements, const std::vector<Vote>& humans)
      : requirements_(requirements), humans_(humans), seated_(requirements.size()) {}

  std::int64_t fill() {
    std::int64_t have = 0;
    for (std::size_t human = 0; human < humans_.size(); ++human) {
      tried_.assign(requirements_.size(), false);
      if (seat(human)) ++have;
    }
    return have;
  }

 private:
  // Seats `human`, moving others to other seats where that makes room. Each requirement is tried
  // once, so the recursion is no deeper than there are requirements.
  bool seat(std::size_t human) {
    for (std::size_t i = 0; i < requirements_.size(); ++i) {
      if (tried_[i] || !holds(humans_[human].roles, requirements_[i].role)) continue;
      tried_[i] = true;
      if (std::cmp_less(seated_[i].size(), requirements_[i].count)) {
        seated_[i].push_back(human);
        return true;
      }
      for (std::size_t& occupant : seated_[i]) {
        if (!seat(occupant)) continue;
        occupant = human;
        return true;
      }
    }
    return false;
  }

  const Requirements& requirements_;
  const std::vector<Vote>& humans_;
  std::vector<std::vector<std::size_t>> seated_;  // Humans, by requirement.
  std::vector<bool> tried_;
};

std::int64_t seats_of(const Requirements& requirements) {
  std::int64_t seats = 0;
  for (const auto& requirement : requirements) seats += requirement.count;
  return seats;
}

Error fault_at(const std::string& path, std::string message) {
  return {.code = Code::validation_error,
          .detail = path + " " + message + ".",
          .fields = {{path, std::move(message)}}};
}

Result<ApproverRequirement> requirement_from(const Json& value, const std::string& path) {
  if (!value.is_object()) return fault_at(path, "must be {role, count}");
  ApproverRequirement requirement;
  for (const auto& [name, member] : value.members()) {
    std::string member_path = path;
    member_path.append(".").append(name);
    if (name == "role") {
      const auto role =
          member.is_string() ? from_word<Role>(member.string()) : std::optional<Role>();
      if (!role) return fault_at(member_path, "must be a role");
      if (*role == Role::operator_) {
        return fault_at(member_path, "must not be operator: operators never decide");
      }
      requirement.role = *role;
    } else if (name == "count") {
      if (!member.is_integer() || member.integer() < 1 || member.integer() > kCountMax) {
        return fault_at(member_path, "must be a whole number from 1 to 100");
      }
      requirement.count = member.integer();
    } else {
      return fault_at(member_path, "is not known here; role and count are");
    }
  }
  if (value.find("role") == nullptr) return fault_at(path + ".role", "is missing");
  return requirement;
}

Result<Requirements> requirements_from(const Json& value, const std::string& path) {
  if (!value.is_array() || value.items().empty() || value.items().size() > kRequirementsMax) {
    return fault_at(path, "must be a list of 1 to 20 {role, count}");
  }
  Requirements requirements;
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    requirements.push_back(
        TRY(requirement_from(value.items()[i], path + "[" + std::to_string(i) + "]")));
  }
  return requirements;
}

// `{all: […]}`.
Result<Requirements> conjunction_from(const Json& value, const std::string& path) {
  const Json* const all = value.find("all");
  if (all == nullptr || value.members().size() != 1) return fault_at(path, "must be {all: […]}");
  return requirements_from(*all, path + ".all");
}

Json to_json(const Requirements& requirements) {
  Json list = Json::array();
  for (const auto& requirement : requirements) {
    list.push(Json::object({{"role", word(requirement.role)}, {"count", requirement.count}}));
  }
  return list;
}

}  // namespace

QuorumProgress evaluate(const Quorum& quorum, std::span<const Vote> votes) {
  const std::vector<Vote> humans = by_human(votes);
  std::optional<QuorumProgress> closest;
  for (const Requirements& requirements : quorum.alternatives) {
    // An empty conjunction would be met by nobody at all, so it never counts.
    const std::int64_t need = seats_of(requirements);
    if (need == 0) continue;
    const QuorumProgress progress{.have = Seating(requirements, humans).fill(), .need = need};
    if (!closest || progress.need - progress.have < closest->need - closest->have) {
      closest = progress;
    }
  }
  return closest.value_or(QuorumProgress{});
}

bool is_eligible(const Quorum& quorum, std::span<const Role> roles) {
  for (const Requirements& requirements : quorum.alternatives) {
    for (const auto& requirement : requirements) {
      if (holds(roles, requirement.role)) return true;
    }
  }
  return false;
}

Result<Quorum> quorum_from_json(const Json& value, const std::string& path) {
  if (value.is_array()) return Quorum{{TRY(requirements_from(value, path))}};
  if (value.find("all") != nullptr) return Quorum{{TRY(conjunction_from(value, path))}};

  const Json* const any = value.find("any");
  if (any == nullptr || value.members().size() != 1) {
    return fault_at(path, "must be a list of {role, count}, or {any: [{all: […]}, …]}");
  }
  const std::string any_path = path + ".any";
  if (!any->is_array() || any->items().empty() || any->items().size() > kAlternativesMax) {
    return fault_at(any_path, "must be a list of 1 to 20 {all: […]}");
  }
  Quorum quorum;
  for (std::size_t i = 0; i < any->items().size(); ++i) {
    quorum.alternatives.push_back(
        TRY(conjunction_from(any->items()[i], any_path + "[" + std::to_string(i) + "]")));
  }
  return quorum;
}

Json to_json(const Quorum& quorum) {
  if (quorum.alternatives.size() == 1) return to_json(quorum.alternatives.front());
  Json any = Json::array();
  for (const auto& requirements : quorum.alternatives) {
    any.push(Json::object({{"all", to_json(requirements)}}));
  }
  return Json::object({{"any", std::move(any)}});
}

}  // namespace assent
