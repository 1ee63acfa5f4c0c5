#include "domain/quorum.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace assent {
namespace {

PrincipalId human(std::uint8_t number) {
  UuidBytes bytes = {};
  bytes[15] = number;
  return PrincipalId(bytes);
}

Quorum quorum_of(std::string_view json) {
  auto quorum = quorum_from_json(*parse_json(json), "approvers");
  EXPECT_TRUE(quorum.has_value()) << json;
  return quorum ? *quorum : Quorum{};
}

std::string fault_of(std::string_view json) {
  const auto quorum = quorum_from_json(*parse_json(json), "approvers");
  return quorum ? "accepted" : quorum.error().fields.front().path;
}

std::string progress(const Quorum& quorum, const std::vector<Vote>& votes) {
  const QuorumProgress progress = evaluate(quorum, votes);
  return std::to_string(progress.have) + "/" + std::to_string(progress.need) +
         (progress.is_met() ? " met" : "");
}

TEST(Quorum, H21_NeedsThatManyDistinctHumans) {
  const Quorum two = quorum_of(R"([{"role": "approver", "count": 2}])");
  const Vote bob = {human(1), {Role::approver}};
  const Vote eve = {human(2), {Role::approver}};
  EXPECT_EQ(progress(two, {}), "0/2");
  EXPECT_EQ(progress(two, {bob}), "1/2");
  EXPECT_EQ(progress(two, {bob, bob}), "1/2");
  EXPECT_EQ(progress(two, {bob, eve}), "2/2 met");
}

TEST(Quorum, H21_AHumanWithTwoRolesFillsOneSeat) {
  const Quorum both =
      quorum_of(R"([{"role": "approver", "count": 1}, {"role": "admin", "count": 1}])");
  const Vote boss = {human(1), {Role::approver, Role::admin}};
  EXPECT_EQ(progress(both, {boss}), "1/2");
  // Also if the roles came one by one.
  EXPECT_EQ(progress(both, {{human(1), {Role::approver}}, {human(1), {Role::admin}}}), "1/2");
}

TEST(Quorum, TheOrderOfVotesDoesNotMatter) {
  const Quorum both =
      quorum_of(R"([{"role": "approver", "count": 1}, {"role": "admin", "count": 1}])");
  const Vote boss = {human(1), {Role::approver, Role::admin}};
  const Vote bob = {human(2), {Role::approver}};
  // Greedy seating gives the boss the approver's seat and leaves Bob standing.
  EXPECT_EQ(progress(both, {boss, bob}), "2/2 met");
  EXPECT_EQ(progress(both, {bob, boss}), "2/2 met");
}

TEST(Quorum, AnyOfTheAlternativesSuffices) {
  const Quorum either = quorum_of(
      R"({"any": [{"all": [{"role": "approver", "count": 3}]},
                  {"all": [{"role": "admin", "count": 1}, {"role": "auditor", "count": 1}]}]})");
  const Vote admin = {human(1), {Role::admin}};
  const Vote auditor = {human(2), {Role::auditor}};
  EXPECT_EQ(progress(either, {}), "0/2");  // The one closest to being met.
  EXPECT_EQ(progress(either, {admin}), "1/2");
  EXPECT_EQ(progress(either, {admin, auditor}), "2/2 met");
}

TEST(Quorum, WithoutSeatsIsNeverMet) {
  const Vote anybody = {human(1), {Role::admin, Role::approver}};
  EXPECT_EQ(progress(Quorum{}, {anybody}), "0/1");
  EXPECT_EQ(progress(Quorum{{{}}}, {anybody}), "0/1");
}

TEST(Quorum, OnlyThoseWhoCouldFillASeatAreEligible) {
  const Quorum either =
      quorum_of(R"({"any": [{"all": [{"role": "approver"}]}, {"all": [{"role": "admin"}]}]})");
  EXPECT_TRUE(is_eligible(either, std::vector{Role::auditor, Role::admin}));
  EXPECT_FALSE(is_eligible(either, std::vector{Role::auditor, Role::requester}));
  EXPECT_FALSE(is_eligible(either, {}));
}

TEST(Quorum, ReadsBackFromItsOwnNotation) {
  const std::vector<std::string> notations = {
      R"([{"count":2,"role":"approver"}])",
      R"([{"count":1,"role":"approver"},{"count":3,"role":"admin"}])",
      R"({"any":[{"all":[{"count":2,"role":"admin"}]},{"all":[{"count":1,"role":"auditor"}]}]})",
  };
  for (const auto& json : notations) EXPECT_EQ(canonical_json(to_json(quorum_of(json))), json);
  EXPECT_EQ(quorum_of(R"({"all": [{"role": "admin"}]})"), quorum_of(R"([{"role": "admin"}])"));
}

TEST(Quorum, SaysWhereItsNotationIsWrong) {
  EXPECT_EQ(fault_of("1"), "approvers");
  EXPECT_EQ(fault_of("[]"), "approvers");
  EXPECT_EQ(fault_of("{}"), "approvers");
  EXPECT_EQ(fault_of(R"([1])"), "approvers[0]");
  EXPECT_EQ(fault_of(R"([{"role": "approver"}, {"count": 1}])"), "approvers[1].role");
  EXPECT_EQ(fault_of(R"([{"role": "boss"}])"), "approvers[0].role");
  EXPECT_EQ(fault_of(R"([{"role": "operator"}])"), "approvers[0].role");
  EXPECT_EQ(fault_of(R"([{"role": "admin", "count": 0}])"), "approvers[0].count");
  EXPECT_EQ(fault_of(R"([{"role": "admin", "count": 101}])"), "approvers[0].count");
  EXPECT_EQ(fault_of(R"([{"role": "admin", "count": 1.0}])"), "approvers[0].count");
  EXPECT_EQ(fault_of(R"([{"role": "admin", "minimum": 2}])"), "approvers[0].minimum");
  EXPECT_EQ(fault_of(R"({"any": []})"), "approvers.any");
  EXPECT_EQ(fault_of(R"({"any": [{"all": []}]})"), "approvers.any[0].all");
  EXPECT_EQ(fault_of(R"({"any": [{"role": "admin"}]})"), "approvers.any[0]");
  EXPECT_EQ(fault_of(R"({"any": [], "all": []})"), "approvers");
  EXPECT_EQ(fault_of(R"({"any": [{"all": [{"role": "admin", "count": -1}]}]})"),
            "approvers.any[0].all[0].count");
}

// The most humans who can sit, by trying everybody in every free seat and standing.
std::int64_t most_seated(const std::vector<Vote>& humans, std::size_t next,
                         std::vector<ApproverRequirement>& left) {
  if (next == humans.size()) return 0;
  std::int64_t best = most_seated(humans, next + 1, left);
  for (auto& requirement : left) {
    const auto& roles = humans[next].roles;
    const bool may_sit = std::find(roles.begin(), roles.end(), requirement.role) != roles.end();
    if (!may_sit || requirement.count == 0) continue;
    --requirement.count;
    best = std::max(best, 1 + most_seated(humans, next + 1, left));
    ++requirement.count;
  }
  return best;
}

TEST(Quorum, AgreesWithTryingEverySeating) {
  SeededRandom random(24);
  const auto below = [&random](std::uint64_t limit) { return random.next() % limit; };
  for (int round = 0; round < 2000; ++round) {
    Quorum quorum;
    for (std::uint64_t a = 0, alternatives = 1 + below(2); a < alternatives; ++a) {
      auto& requirements = quorum.alternatives.emplace_back();
      for (std::uint64_t r = 0, count = 1 + below(3); r < count; ++r) {
        requirements.push_back(
            {static_cast<Role>(below(6)), static_cast<std::int64_t>(1 + below(2))});
      }
    }
    std::vector<Vote> votes;
    for (std::uint64_t v = 0, count = below(6); v < count; ++v) {
      Vote vote{human(static_cast<std::uint8_t>(v)), {}};
      for (std::uint64_t role = 0; role < 6; ++role) {
        if (below(3) == 0) vote.roles.push_back(static_cast<Role>(role));
      }
      votes.push_back(std::move(vote));
    }

    std::int64_t missing = 1000;
    for (auto requirements : quorum.alternatives) {
      std::int64_t need = 0;
      for (const auto& requirement : requirements) need += requirement.count;
      missing = std::min(missing, need - most_seated(votes, 0, requirements));
    }
    const QuorumProgress found = evaluate(quorum, votes);
    ASSERT_EQ(found.need - found.have, missing) << canonical_json(to_json(quorum));
    std::reverse(votes.begin(), votes.end());
    ASSERT_EQ(evaluate(quorum, votes).have, found.have);
  }
}

}  // namespace
}  // namespace assent
