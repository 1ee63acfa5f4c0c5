#include "domain/quorum.h"

#include <gtest/gtest.h>

namespace assent {
namespace {

PrincipalId human(std::uint8_t number) {
  UuidBytes bytes = {};
  bytes[15] = number;
  return PrincipalId(bytes);
}

const ApproverGroups kGroups = {{"dba", {human(1), human(2), human(3)}},
                                {"sre", {human(3), human(4)}}};

std::string named(std::uint8_t number) {
  return R"({"person": ")" + human(number).text() + R"("})";
}

Quorum quorum_of(std::string_view json) {
  auto quorum = quorum_from_json(*parse_json(json), "approvers", &kGroups);
  EXPECT_TRUE(quorum.has_value()) << json;
  return quorum ? *quorum : Quorum{};
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

TEST(Quorum, H21_ANamedPersonIsThatPersonWhateverTheRoles) {
  const Quorum eve = quorum_of("[" + named(2) + "]");
  EXPECT_EQ(progress(eve, {{human(1), {Role::approver, Role::admin}}}), "0/1");
  EXPECT_EQ(progress(eve, {{human(2), {}}}), "1/1 met");
  EXPECT_EQ(progress(eve, {{human(2), {Role::requester}}, {human(2), {}}}), "1/1 met");
}

TEST(Quorum, H21_AGroupNeedsThatManyOfItsPeople) {
  const Quorum two = quorum_of(R"([{"group": "dba", "count": 2}])");
  EXPECT_EQ(progress(two, {{human(4), {Role::admin}}}), "0/2");
  EXPECT_EQ(progress(two, {{human(1), {}}, {human(1), {}}}), "1/2");
  EXPECT_EQ(progress(two, {{human(1), {}}, {human(3), {}}}), "2/2 met");
}

TEST(Quorum, H21_WhoIsInTwoGroupsFillsOneSeat) {
  const Quorum both = quorum_of(R"([{"group": "dba"}, {"group": "sre"}])");
  EXPECT_EQ(progress(both, {{human(3), {}}}), "1/2");
  EXPECT_EQ(progress(both, {{human(3), {}}, {human(1), {}}}), "2/2 met");
  EXPECT_EQ(progress(both, {{human(1), {}}, {human(2), {}}}), "1/2");
}

TEST(Quorum, H21_AnyAndAllNest) {
  const Quorum nested = quorum_of(R"([{"role": "approver"},
      {"any": [{"group": "sre"}, {"all": [{"group": "dba", "count": 2}, )" +
                                  named(9) + R"(]}]}])");
  ASSERT_EQ(nested.alternatives.size(), 2U);
  const Vote ann = {human(7), {Role::approver}};
  EXPECT_EQ(progress(nested, {ann}), "1/2");
  EXPECT_EQ(progress(nested, {ann, {human(4), {}}}), "2/2 met");
  EXPECT_EQ(progress(nested, {ann, {human(1), {}}, {human(2), {}}}), "1/2");  // Still one SRE away.
  EXPECT_EQ(progress(nested, {ann, {human(1), {}}, {human(2), {}}, {human(9), {}}}), "4/4 met");
  EXPECT_EQ(progress(nested, {{human(1), {}}, {human(2), {}}, {human(9), {}}}), "3/4");
}

TEST(Quorum, H21_TwoOfTwoPeopleAreBothOfThem) {
  const std::string either = R"({"any": [)" + named(1) + "," + named(2) + "]}";
  const Quorum two = quorum_of("[" + either + "," + either + "]");
  EXPECT_EQ(progress(two, {{human(1), {}}, {human(1), {}}}), "1/2");
  EXPECT_EQ(progress(two, {{human(1), {}}, {human(2), {}}}), "2/2 met");
}

TEST(Quorum, OnlyThoseWhoCouldFillASeatAreEligible) {
  const Quorum any = quorum_of(R"({"any": [{"all": [{"role": "approver"}, {"group": "sre"}]},
                                           {"all": [{"role": "admin"}]}, )" +
                               named(9) + "]}");
  EXPECT_TRUE(is_eligible(any, {human(7), {Role::auditor, Role::admin}}));
  EXPECT_TRUE(is_eligible(any, {human(4), {}}));
  EXPECT_TRUE(is_eligible(any, {human(9), {Role::requester}}));
  EXPECT_FALSE(is_eligible(any, {human(7), {Role::auditor, Role::requester}}));
  EXPECT_FALSE(is_eligible(any, {human(1), {}}));
  EXPECT_FALSE(is_eligible(Quorum{}, {human(4), {Role::admin}}));
}

TEST(Quorum, CanBeMetWhileEnoughMayStillVote) {
  const Quorum two = quorum_of(R"([{"role": "approver", "count": 2}])");
  const std::vector<Vote> bob = {{human(1), {Role::approver}}};
  const std::vector<Vote> eve = {{human(2), {Role::approver}}};
  const std::vector<Vote> guest = {{human(3), {Role::requester}}};
  EXPECT_FALSE(can_be_met(two, {}, {}));
  EXPECT_FALSE(can_be_met(two, {}, bob));
  EXPECT_FALSE(can_be_met(two, bob, bob));  // Bob again is no second human.
  EXPECT_FALSE(can_be_met(two, bob, guest));
  EXPECT_TRUE(can_be_met(two, bob, eve));
  EXPECT_FALSE(can_be_met(Quorum{}, bob, eve));
}

TEST(Quorum, CanBeMetByMovingWhoHasVotedToAnotherSeat) {
  const Quorum both = quorum_of(R"([{"group": "dba"}, {"group": "sre"}])");
  const std::vector<Vote> three = {{human(3), {}}};  // Of both groups.
  EXPECT_TRUE(can_be_met(both, three, std::vector<Vote>{{human(1), {}}}));
  EXPECT_TRUE(can_be_met(both, three, std::vector<Vote>{{human(4), {}}}));
  EXPECT_FALSE(can_be_met(both, std::vector<Vote>{{human(1), {}}},
                          std::vector<Vote>{{human(2), {Role::admin}}}));
}

TEST(Quorum, AThousandWhoFitNowhereChangeNothing) {
  const Quorum both = quorum_of(R"([{"role": "admin"}, {"role": "approver", "count": 99}])");
  std::vector<Vote> others;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    UuidBytes bytes = {1};
    bytes[14] = static_cast<std::uint8_t>(i / 256);
    bytes[15] = static_cast<std::uint8_t>(i % 256);
    others.push_back({PrincipalId(bytes), {Role::approver}});
  }
  EXPECT_FALSE(can_be_met(both, {}, others));
  others.push_back({human(1), {Role::admin}});
  EXPECT_TRUE(can_be_met(both, {}, others));
}

}  // namespace
}  // namespace assent
