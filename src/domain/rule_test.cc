#include "domain/rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace assent {
namespace {

// `now` of every test here, in seconds since the epoch.
constexpr std::int64_t kNow = 1'800'000'000;

Timestamp at(std::int64_t seconds) {
  return Timestamp(std::chrono::seconds(seconds));
}

RuleId id_of(int number) {
  UuidBytes bytes = {};
  bytes[15] = static_cast<std::uint8_t>(number);
  return RuleId(bytes);
}

PrincipalId person(int number) {
  UuidBytes bytes = {};
  bytes[0] = 1;
  bytes[15] = static_cast<std::uint8_t>(number);
  return PrincipalId(bytes);
}

// A rule in a few letters: what it says of each argument of the call {a: "x1", b: "y1", c: 3}, and
// then what else it is.
//
//   exact A B C, pattern a b c, any 1 2 3, one that does not fit (w: exact, v: pattern), a pattern
//   of `*` alone (s). U: used up, u: with uses left, E: expired, e: expires later, R: revoked,
//   T: of another tool, O: by the requester, N: a second newer.
Rule rule_of(std::string_view letters, int number) {
  Rule rule{.id = id_of(number),
            .tool = "t",
            .created_by = person(1),
            .created_roles = {Role::approver},
            .created_at = at(kNow - 1000)};
  const auto say = [&](std::string argument, ConditionType type, Json value) {
    rule.constraints.push_back({std::move(argument), type, std::move(value)});
  };
  for (const char letter : letters) {
    if (letter == 'A') say("a", ConditionType::exact, "x1");
    if (letter == 'B') say("b", ConditionType::exact, "y1");
    if (letter == 'C') say("c", ConditionType::exact, 3);
    if (letter == 'a') say("a", ConditionType::pattern, "x*");
    if (letter == 'b') say("b", ConditionType::pattern, "*1");
    if (letter == 'c') say("c", ConditionType::pattern, "3*");
    if (letter == '1') say("a", ConditionType::any, {});
    if (letter == '2') say("b", ConditionType::any, {});
    if (letter == '3') say("c", ConditionType::any, {});
    if (letter == 'w') say("a", ConditionType::exact, "other");
    if (letter == 'v') say("b", ConditionType::pattern, "other*");
    if (letter == 's') say("b", ConditionType::pattern, "**");
    if (letter == 'u') rule.max_uses = 5;
    if (letter == 'U') rule.max_uses = rule.uses = 5;
    if (letter == 'e') rule.expires_at = at(kNow);
    if (letter == 'E') rule.expires_at = at(kNow) - Microseconds(1);
    if (letter == 'R') rule.revoked_at = at(kNow - 1);
    if (letter == 'T') rule.tool = "tt";
    if (letter == 'O') rule.created_by = person(9);
    if (letter == 'N') rule.created_at += std::chrono::seconds(1);
  }
  return rule;
}

struct RuleSet {
  std::vector<std::string_view> rules;
  int wins;  // Which of them, from 0; -1 if none does.
};

// The precedence: the more specific, then the bounded, then the newer, then the smaller id.
const std::vector<RuleSet> kRuleSets = {
    {{}, -1},
    {{"A"}, 0},
    {{"a"}, 0},
    {{"1"}, 0},
    {{""}, 0},
    {{"w"}, -1},
    {{"v"}, -1},
    {{"c"}, -1},  // A pattern is for texts: 3 is none.
    {{"Aw"}, -1},
    {{"T"}, -1},
    {{"AT"}, -1},
    // More specific.
    {{"A", "a"}, 0},
    {{"a", "1"}, 0},
    {{"1", "A"}, 1},
    {{"", "a"}, 1},
    {{"A", "AB"}, 1},
    {{"AB", "ABC"}, 1},
    {{"Ab", "AB"}, 1},
    {{"ab", "a"}, 0},
    {{"AbC", "ABC", "AB"}, 1},
    {{"a2", "A"}, 1},
    {{"123", "a"}, 1},
    {{"A", "T", "w"}, 0},
    {{"ABC", "ABw"}, 0},
    {{"a", "Aw", "1"}, 0},
    // Specificity goes before being bounded and before being new.
    {{"A", "au"}, 0},
    {{"A", "aN"}, 0},
    {{"Ab", "AueN"}, 0},
    {{"a", "1ueN"}, 0},
    // Two patterns say as much as one exact; a pattern of stars says nothing.
    {{"ab", "Cu"}, 1},
    {{"abu", "C"}, 0},
    {{"ab", "CN"}, 1},
    {{"s", "a"}, 1},
    {{"s", "2u"}, 1},
    {{"sN", "2"}, 0},
    {{"As", "A"}, 0},
    // Bounded, by uses or by time, and both is no more than one.
    {{"A", "Au"}, 1},
    {{"A", "Ae"}, 1},
    {{"Au", "Ae"}, 0},
    {{"Aue", "AuN"}, 1},
    {{"AN", "Au"}, 1},
    {{"AN", "Ae", "A"}, 1},
    {{"AN", "BuN", "Cu"}, 1},
    // Newer, then the smaller id.
    {{"A", "AN"}, 1},
    {{"AN", "A"}, 0},
    {{"A", "B"}, 0},
    {{"A", "B", "C"}, 0},
    {{"AN", "BN", "C"}, 0},
    {{"A", "BN", "CN"}, 1},
    {{"Au", "Be", "CuN"}, 2},
    {{"", "N"}, 1},
    {{"1", "2", "3"}, 0},
    // Whoever cannot answer makes room for the next.
    {{"AU", "a"}, 1},
    {{"AE", "a"}, 1},
    {{"AR", "a"}, 1},
    {{"AO", "a"}, 1},
    {{"ABCU", "ABE", "AR", "aO", "1"}, 4},
    {{"AU", "AR", "AE"}, -1},
    {{"AuN", "AUN"}, 0},
    {{"AEN", "Ae"}, 1},
    {{"ABCR", "ABu", "ABN", "Abu"}, 1},
};

class Precedence : public testing::Test {
 protected:
  RuleAnswer ask(const std::vector<Rule>& candidates) {
    entry.risk_tier = RiskTier::low;
    return choose_rule(candidates, {.tool = "t",
                                    .arguments = arguments,
                                    .entry = entry,
                                    .evidence = evidence,
                                    .requester = person(9),
                                    .owner = std::nullopt,
                                    .now = at(kNow)});
  }

  Json arguments = *parse_json(R"({"a":"x1","b":"y1","c":3})");
  PolicyEntry entry = default_policy().defaults;
  EvidencePolicy evidence;
};

TEST_F(Precedence, H13_SixtyRuleSetsInEveryOrderHaveOneWinner) {
  ASSERT_GE(kRuleSets.size(), 50u);
  std::mt19937 random(13);
  for (const RuleSet& set : kRuleSets) {
    std::vector<Rule> rules;
    std::string said;
    for (const std::string_view letters : set.rules) {
      rules.push_back(rule_of(letters, static_cast<int>(rules.size()) + 1));
      said += "\"" + std::string(letters) + "\" ";
    }
    for (int round = 0; round < 50; ++round) {
      std::ranges::shuffle(rules, random);
      const RuleAnswer answer = ask(rules);
      const RuleId won = answer.rule == nullptr ? RuleId() : answer.rule->id;
      ASSERT_EQ(won, set.wins < 0 ? RuleId() : id_of(set.wins + 1)) << said << answer.why;
    }
  }
}

TEST_F(Precedence, H13_GoingBeforeIsAStrictOrderOfAllOfThem) {
  std::vector<Rule> rules;
  for (const RuleSet& set : kRuleSets) {
    for (const std::string_view letters : set.rules) {
      rules.push_back(rule_of(letters, static_cast<int>(rules.size()) + 1));
    }
  }
  for (const Rule& a : rules) {
    EXPECT_FALSE(goes_before(a, a));
    for (const Rule& b : rules) {
      if (a.id != b.id) {
        EXPECT_NE(goes_before(a, b), goes_before(b, a));
      }
    }
  }
}

TEST_F(Precedence, H13_TheAnswerSaysWhatDecided) {
  const auto why = [&](std::string_view first, std::string_view second) {
    return ask({rule_of(first, 1), rule_of(second, 2)}).why;
  };
  EXPECT_NE(why("A", "a").find("more specific than rule"), std::string::npos);
  EXPECT_NE(why("Au", "A").find("bounded than rule"), std::string::npos);
  EXPECT_NE(why("AN", "A").find("newer than rule"), std::string::npos);
  EXPECT_NE(why("A", "A").find("of the smaller id than rule"), std::string::npos);
  EXPECT_NE(why("AbU", "w").find("is used up"), std::string::npos);
  EXPECT_NE(why("Ab3", "w").find("1 exact, 1 pattern, 1 any"), std::string::npos);
}

TEST(Rule, Trap7_APatternOfStarsPinsNothing) {
  for (const std::string_view stars : {"*", "**", "***"}) {
    const ArgumentCondition condition{"a", ConditionType::pattern, stars};
    EXPECT_EQ(specificity(condition), 0) << stars;
    EXPECT_FALSE(is_pinning(condition)) << stars;
  }
}

TEST(Rule, H14_TheLookupTellsTypesApartAsMatchingDoes) {
  const auto literal = literal_constraints(*parse_json(R"({"a":1,"b":"x"})"));
  const std::string shape = shape_of(literal);
  EXPECT_EQ(shape, R"(["a","b"])");
  const auto pin = [&](std::string_view arguments) {
    return *pin_of(shape, *parse_json(arguments));
  };
  EXPECT_EQ(pin(R"({"b":"x","a":1,"c":9})"), pin_of(literal));
  EXPECT_NE(pin(R"({"b":"x","a":"1"})"), pin_of(literal));
  EXPECT_NE(pin(R"({"b":"x","a":true})"), pin_of(literal));
  EXPECT_EQ(pin(R"({"a":1})"), std::nullopt);
}

}  // namespace
}  // namespace assent
