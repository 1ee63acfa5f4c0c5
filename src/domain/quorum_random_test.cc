// A hundred thousand random expressions, judged by trying every way to seat everybody. The judge
// works on the expression as written: it knows neither alternatives nor matching.
//
//   domain_test --gtest_filter='QuorumAtRandom.*' --gtest_shuffle --gtest_repeat=50
//
// tries fifty times as many, since gtest then changes its seed. A failure prints the case's own.
#include "base/canonical.h"
#include "base/random.h"
#include "domain/quorum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace assent {
namespace {

constexpr std::size_t kPeople = 5;
constexpr std::array kRoles = {Role::approver, Role::admin, Role::auditor};

PrincipalId person(std::size_t number) {
  UuidBytes bytes = {};
  bytes[15] = static_cast<std::uint8_t>(number);
  return PrincipalId(bytes);
}

const ApproverGroups kGroups = {{"a", {person(0), person(1), person(2)}},
                                {"b", {person(2), person(3)}}};

enum class Shape { role, group, person, all, any };

// An expression as somebody might write it.
struct Node {
  Shape shape = Shape::role;
  std::size_t which = 0;  // Of kRoles, of kGroups or of the people.
  std::int64_t count = 1;
  std::vector<Node> children;
  std::int64_t seated = 0;  // The judge's.
};

Json to_json(const Node& node) {
  switch (node.shape) {
    case Shape::role:
      return Json::object({{"role", word(kRoles[node.which])}, {"count", node.count}});
    case Shape::group:
      return Json::object({{"group", node.which == 0 ? "a" : "b"}, {"count", node.count}});
    case Shape::person:
      return Json::object({{"person", person(node.which).text()}});
    case Shape::all:
    case Shape::any:
      break;
  }
  Json list = Json::array();
  for (const Node& child : node.children) list.push(to_json(child));
  return Json::object({{node.shape == Shape::all ? "all" : "any", std::move(list)}});
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_.next() % limit; }

  Node expression(std::size_t depth) {
    Node node{.shape = below(2) == 0 ? Shape::all : Shape::any};
    for (std::size_t i = 0, children = 1 + below(3); i < children; ++i) {
      node.children.push_back(depth < 2 && below(4) == 0 ? expression(depth + 1) : leaf());
    }
    return node;
  }

  // Votes of some of the people; now and then one of them votes twice, under other roles.
  std::vector<Vote> votes(std::size_t votes_max) {
    std::vector<Vote> votes;
    for (std::size_t i = 0, count = below(votes_max + 1); i < count; ++i) {
      Vote vote{.by = person(below(kPeople)), .roles = {}};
      for (const Role role : kRoles) {
        if (below(3) == 0) vote.roles.push_back(role);
      }
      votes.push_back(std::move(vote));
    }
    return votes;
  }

 private:
  Node leaf() {
    switch (below(3)) {
      case 0:
        return {.shape = Shape::group,
                .which = below(2),
                .count = static_cast<std::int64_t>(1 + below(2))};
      case 1:
        return {.shape = Shape::person, .which = below(kPeople)};
      default:
        return {.shape = Shape::role,
                .which = below(kRoles.size()),
                .count = static_cast<std::int64_t>(1 + below(3))};
    }
  }

  SeededRandom random_;
};

// Each person's roles, or nothing for who did not vote.
using Ballots = std::array<std::optional<std::vector<Role>>, kPeople>;

Ballots ballots_of(const std::vector<Vote>& votes) {
  Ballots ballots;
  for (const Vote& vote : votes) {
    auto& roles = ballots[vote.by.bytes()[15]];
    if (!roles) roles.emplace();
    roles->insert(roles->end(), vote.roles.begin(), vote.roles.end());
  }
  return ballots;
}

// Tries every way to give each voter one leaf or none.
class Judge {
 public:
  explicit Judge(Node expression) : root_(std::move(expression)) { collect(root_); }

  // The fewest seats that stay empty.
  std::int64_t missing(const Ballots& ballots) { return try_all(ballots, 0); }

  static std::size_t alternatives(const Node& node) {
    if (node.children.empty()) return 1;
    std::size_t product = 1;
    std::size_t sum = 0;
    for (const Node& child : node.children) {
      product *= alternatives(child);
      sum += alternatives(child);
    }
    return node.shape == Shape::all ? product : sum;
  }

 private:
  void collect(Node& node) {
    if (node.children.empty()) leaves_.push_back(&node);
    for (Node& child : node.children) collect(child);
  }

  static bool may_sit(const Node& leaf, std::size_t voter, const std::vector<Role>& roles) {
    if (leaf.shape == Shape::person) return leaf.which == voter;
    if (leaf.shape == Shape::group) return leaf.which == 0 ? voter <= 2 : voter == 2 || voter == 3;
    return std::count(roles.begin(), roles.end(), kRoles[leaf.which]) > 0;
  }

  static std::int64_t empty_seats(const Node& node) {
    if (node.children.empty()) return std::max(node.count - node.seated, std::int64_t{0});
    std::int64_t sum = 0;
    std::int64_t least = 1000;
    for (const Node& child : node.children) {
      const std::int64_t empty = empty_seats(child);
      sum += empty;
      least = std::min(least, empty);
    }
    return node.shape == Shape::all ? sum : least;
  }

  std::int64_t try_all(const Ballots& ballots, std::size_t voter) {
    if (voter == kPeople) return empty_seats(root_);
    std::int64_t least = try_all(ballots, voter + 1);
    if (!ballots[voter]) return least;
    for (Node* const leaf : leaves_) {
      if (!may_sit(*leaf, voter, *ballots[voter])) continue;
      ++leaf->seated;
      least = std::min(least, try_all(ballots, voter + 1));
      --leaf->seated;
    }
    return least;
  }

  Node root_;
  std::vector<Node*> leaves_;
};

// One case; whether its expression is one that a policy may have.
bool try_case(std::uint64_t seed) {
  Dice dice(seed);
  const Node expression = dice.expression(0);
  const auto quorum = quorum_from_json(to_json(expression), "approvers", &kGroups);
  if (!quorum) return false;
  std::vector<Vote> votes = dice.votes(4);
  const std::vector<Vote> others = dice.votes(2);
  std::vector<Vote> both = votes;
  both.insert(both.end(), others.begin(), others.end());

  Judge judge(expression);
  const std::int64_t missing = judge.missing(ballots_of(votes));
  const QuorumProgress found = evaluate(*quorum, votes);
  const auto what = [&] { return canonical_json(to_json(expression)); };
  EXPECT_EQ(found.is_met(), missing == 0) << "seed " << seed << ": " << what();
  if (quorum->alternatives.size() == Judge::alternatives(expression)) {
    // Unless ways that nobody could go were left out, which may have seemed closer.
    EXPECT_EQ(found.need - found.have, missing) << "seed " << seed << ": " << what();
  }
  EXPECT_EQ(can_be_met(*quorum, votes, others), judge.missing(ballots_of(both)) == 0)
      << "seed " << seed << ": " << what();
  EXPECT_EQ(quorum_from_json(to_json(*quorum), "quorum").value(), *quorum)
      << "seed " << seed << ": " << what();

  std::reverse(votes.begin(), votes.end());
  EXPECT_EQ(evaluate(*quorum, votes).have, found.have) << "seed " << seed << ": " << what();
  return true;
}

TEST(QuorumAtRandom, H21_AgreesWithTryingEverySeating) {
  // Without --gtest_shuffle always the same cases, so that a red build is red again.
  const int run = GTEST_FLAG_GET(shuffle) ? testing::UnitTest::GetInstance()->random_seed() : 0;
  std::uint64_t seed = static_cast<std::uint64_t>(run) << 32;
  for (int tried = 0; tried < 100'000 && !HasFailure(); ++seed) {
    if (try_case(seed)) ++tried;
  }
}

TEST(QuorumAtRandom, TheJudgeIsNotAlwaysOfOneOpinion) {
  std::array<int, 3> seen = {};  // Met; not met; refused as impossible.
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Dice dice(seed);
    const Node expression = dice.expression(0);
    if (!quorum_from_json(to_json(expression), "approvers", &kGroups)) {
      ++seen[2];
    } else {
      ++seen[Judge(expression).missing(ballots_of(dice.votes(4))) == 0 ? 0 : 1];
    }
  }
  for (const int count : seen) EXPECT_GT(count, 50);
}

}  // namespace
}  // namespace assent
