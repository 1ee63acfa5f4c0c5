// The notation of a quorum: what a policy's expression means, and how it is stored.
#include "base/canonical.h"
#include "domain/quorum.h"

#include <algorithm>
#include <optional>

namespace assent {
namespace {

using Requirements = std::vector<ApproverRequirement>;

// Nobody understands a quorum larger than this, and matching stays far below a millisecond.
constexpr std::size_t kAlternativesMax = 64;
constexpr std::size_t kRequirementsMax = 32;
constexpr std::int64_t kCountMax = 100;
constexpr std::size_t kDepthMax = 8;
// An event has 65,535 bytes, of which a request's own words may take 48 KiB.
constexpr std::size_t kWrittenBytesMax = 8 * 1024;
constexpr std::size_t kGroupNameBytesMax = 64;

std::string below(const std::string& path, std::string_view name) {
  std::string longer = path;
  return longer.append(".").append(name);
}
std::string below(const std::string& path, std::size_t index) {
  std::string longer = path;
  return longer.append("[").append(std::to_string(index)).append("]");
}

Error fault_at(const std::string& path, std::string message) {
  return {.code = Code::validation_error,
          .detail = path + " " + message + ".",
          .fields = {{path, std::move(message)}}};
}

Json to_json(const ApproverRequirement& requirement) {
  switch (requirement.kind) {
    case SeatKind::role:
      return Json::object({{"role", word(requirement.role)}, {"count", requirement.count}});
    case SeatKind::person:
      return Json::object({{"person", requirement.people.front().text()}});
    case SeatKind::group:
      break;
  }
  Json people = Json::array();
  for (const PrincipalId& person : requirement.people) people.push(person.text());
  return Json::object(
      {{"group", requirement.group}, {"people", std::move(people)}, {"count", requirement.count}});
}

Json to_json(const Requirements& requirements) {
  Json list = Json::array();
  for (const auto& requirement : requirements) list.push(to_json(requirement));
  return list;
}

// ---- one requirement ----

Result<std::int64_t> count_from(const Json& value, const std::string& path) {
  const Json* const count = value.find("count");
  if (count == nullptr) return 1;
  if (!count->is_integer() || count->integer() < 1 || count->integer() > kCountMax) {
    return fault_at(below(path, "count"), "must be a whole number from 1 to 100");
  }
  return count->integer();
}

Result<PrincipalId> person_from(const Json& value, const std::string& path) {
  const auto id =
      value.is_string() ? PrincipalId::parse(value.string()) : std::optional<PrincipalId>();
  if (!id) return fault_at(path, "must be a principal's id (prn_…)");
  return *id;
}

Result<ApproverRequirement> of_role(const Json& value, const std::string& path) {
  const Json& name = *value.find("role");
  const auto role = name.is_string() ? from_word<Role>(name.string()) : std::optional<Role>();
  if (!role) return fault_at(below(path, "role"), "must be a role");
  if (*role == Role::operator_) {
    return fault_at(below(path, "role"), "must not be operator: operators never decide");
  }
  const auto count = TRY(count_from(value, path));
  return ApproverRequirement{.role = *role, .count = count};
}

Result<ApproverRequirement> of_person(const Json& value, const std::string& path) {
  ApproverRequirement requirement{.kind = SeatKind::person};
  requirement.people.push_back(TRY(person_from(*value.find("person"), below(path, "person"))));
  if (TRY(count_from(value, path)) != 1) {
    return fault_at(below(path, "count"), "must be 1: a person is one human");
  }
  return requirement;
}

Result<std::vector<PrincipalId>> stored_people(const Json& value, const std::string& path) {
  const Json* const list = value.find("people");
  if (list == nullptr) return fault_at(path, "is missing");
  if (!list->is_array() || list->items().empty()) {
    return fault_at(path, "must be a list of principals' ids");
  }
  std::vector<PrincipalId> people;
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    people.push_back(TRY(person_from(list->items()[i], below(path, i))));
  }
  return people;
}

Result<ApproverRequirement> of_group(const Json& value, const std::string& path,
                                     const ApproverGroups* groups) {
  const Json& name = *value.find("group");
  const std::string name_path = below(path, "group");
  if (!name.is_string() || name.string().empty() || name.string().size() > kGroupNameBytesMax) {
    return fault_at(name_path, "must be the name of a group, of 1 to 64 bytes");
  }
  ApproverRequirement requirement{.kind = SeatKind::group, .group = name.string()};
  if (groups == nullptr) {
    requirement.people = TRY(stored_people(value, below(path, "people")));
  } else {
    const auto found = groups->find(requirement.group);
    if (found == groups->end()) return fault_at(name_path, "is not a group of this policy");
    if (found->second.empty()) return fault_at(name_path, "has nobody in it");
    requirement.people = found->second;
  }
  auto& people = requirement.people;
  std::sort(people.begin(), people.end());
  people.erase(std::unique(people.begin(), people.end()), people.end());

  requirement.count = TRY(count_from(value, path));
  if (std::cmp_greater(requirement.count, people.size())) {
    return fault_at(below(path, "count"), "must not be more than the group has people, which is " +
                                              std::to_string(people.size()));
  }
  return requirement;
}

// ---- expansion ----

// One way to meet what was read so far.
struct Alternative {
  Requirements requirements;
  std::int64_t seats = 0;
  std::size_t bytes = 0;  // Of all requirements as written, with their commas.
};
using Alternatives = std::vector<Alternative>;

// Both at once.
Alternative joined(const Alternative& a, const Alternative& b) {
  Alternative both = a;
  both.requirements.insert(both.requirements.end(), b.requirements.begin(), b.requirements.end());
  both.seats += b.seats;
  both.bytes += b.bytes;
  return both;
}

// Whether there could be people who meet it. Holders of roles can always be found; of the people
// whom it names there are only those.
bool is_possible(const Requirements& requirements) {
  Quorum named;
  std::vector<Vote> people;
  for (const auto& requirement : requirements) {
    if (requirement.kind == SeatKind::role) continue;
    if (named.alternatives.empty()) named.alternatives.emplace_back();
    named.alternatives.front().push_back(requirement);
    for (const PrincipalId& person : requirement.people) people.push_back({person, {}});
  }
  return named.alternatives.empty() || evaluate(named, people).is_met();
}

class Reader {
 public:
  explicit Reader(const ApproverGroups* groups) : groups_(groups) {}

  // The whole expression: a list, an all or an any.
  Result<Alternatives> whole(const Json& value, const std::string& path) const {
    if (value.is_array()) return all(value, path, 1);
    if (value.find("all") != nullptr || value.find("any") != nullptr) {
      return combination(value, path, 1);
    }
    return fault_at(path, "must be a list, {all: […]} or {any: […]}");
  }

 private:
  Result<Alternatives> element(const Json& value, const std::string& path,
                               std::size_t depth) const {
    if (value.find("all") != nullptr || value.find("any") != nullptr) {
      return combination(value, path, depth + 1);
    }
    auto requirement = TRY(requirement_from(value, path));
    Alternative alternative;
    alternative.seats = requirement.count;
    alternative.bytes = canonical_json(to_json(requirement)).size() + 1;
    alternative.requirements.push_back(std::move(requirement));
    return Alternatives{std::move(alternative)};
  }

  Result<Alternatives> combination(const Json& value, const std::string& path,
                                   std::size_t depth) const {
    if (value.members().size() != 1) return fault_at(path, "must be {all: […]} or {any: […]}");
    const auto& [name, list] = value.members().front();
    return name == "all" ? all(list, below(path, name), depth)
                         : any(list, below(path, name), depth);
  }

  Result<Alternatives> all(const Json& list, const std::string& path, std::size_t depth) const {
    TRY(check_list(list, path, depth));
    Alternatives ways(1);
    for (std::size_t i = 0; i < list.items().size(); ++i) {
      const Alternatives more = TRY(element(list.items()[i], below(path, i), depth));
      if (ways.size() * more.size() > kAlternativesMax) return too_many(path);
      Alternatives products;
      std::size_t bytes = 0;
      for (const Alternative& way : ways) {
        for (const Alternative& other : more) {
          products.push_back(joined(way, other));
          TRY(check_size(products.back(), bytes, path));
        }
      }
      ways = std::move(products);
    }
    std::erase_if(ways, [](const Alternative& way) { return !is_possible(way.requirements); });
    if (ways.empty()) {
      return fault_at(path, "can never be met: each of the people whom it names counts once");
    }
    return ways;
  }

  Result<Alternatives> any(const Json& list, const std::string& path, std::size_t depth) const {
    TRY(check_list(list, path, depth));
    Alternatives ways;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < list.items().size(); ++i) {
      Alternatives more = TRY(element(list.items()[i], below(path, i), depth));
      for (Alternative& way : more) {
        if (ways.size() == kAlternativesMax) return too_many(path);
        TRY(check_size(way, bytes, path));
        ways.push_back(std::move(way));
      }
    }
    return ways;
  }

  Result<ApproverRequirement> requirement_from(const Json& value, const std::string& path) const {
    if (!value.is_object()) {
      return fault_at(path, "must be {role, count}, {group, count}, {person}, {all} or {any}");
    }
    const bool is_stored = groups_ == nullptr;
    std::size_t kinds = 0;
    for (const auto& [name, member] : value.members()) {
      const bool is_kind = name == "role" || name == "group" || name == "person";
      const bool is_of_group = is_stored && name == "people" && value.find("group") != nullptr;
      if (!is_kind && !is_of_group && name != "count") {
        return fault_at(below(path, name), "is not known here");
      }
      if (is_kind) ++kinds;
    }
    if (kinds == 0) {
      return fault_at(below(path, "role"), "is missing, and so are group and person");
    }
    if (kinds > 1) return fault_at(path, "must have one of role, group and person, not several");
    if (value.find("role") != nullptr) return of_role(value, path);
    return value.find("group") != nullptr ? of_group(value, path, groups_) : of_person(value, path);
  }

  static Result<void> check_list(const Json& list, const std::string& path, std::size_t depth) {
    if (depth > kDepthMax) return fault_at(path, "must not nest deeper than 8");
    if (!list.is_array() || list.items().empty()) {
      return fault_at(path, "must be a list of at least one requirement, all or any");
    }
    return {};
  }

  static Error too_many(const std::string& path) {
    return fault_at(path, "must not come to more than 64 alternatives");
  }

  // `bytes` is what the alternatives before it take. Checked while expanding, so that no short
  // expression becomes a large one even for a moment.
  static Result<void> check_size(const Alternative& way, std::size_t& bytes,
                                 const std::string& path) {
    if (way.requirements.size() > kRequirementsMax) {
      return fault_at(path, "must not come to more than 32 requirements in one alternative");
    }
    if (way.seats > kCountMax) {
      return fault_at(path, "must not come to more than 100 humans in one alternative");
    }
    static constexpr std::size_t kAround = std::string_view(R"({"all":[]},)").size();
    bytes += way.bytes + kAround;
    if (bytes > kWrittenBytesMax) {
      return fault_at(path,
                      "must not take more than 8,192 bytes with every alternative and "
                      "everybody's id written out");
    }
    return {};
  }

  const ApproverGroups* groups_;  // Null: the stored notation.
};

}  // namespace

Result<Quorum> quorum_from_json(const Json& value, const std::string& path,
                                const ApproverGroups* groups) {
  Alternatives ways = TRY(Reader(groups).whole(value, path));
  Quorum quorum;
  for (Alternative& way : ways) {
    quorum.alternatives.push_back(std::move(way.requirements));
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
