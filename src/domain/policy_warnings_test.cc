#include "domain/policy.h"

#include <gtest/gtest.h>

#include <random>

namespace assent {
namespace {

Policy policy_of(const std::string& tools) {
  auto policy = policy_from_yaml("{version: 1, tools: [" + tools + "]}");
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().detail) << "\n" << tools;
  return policy ? std::move(*policy) : default_policy();
}

std::vector<std::string> warned(const std::string& tools) {
  return warnings(policy_of(tools));
}

TEST(PolicyWarnings, NameTheEntryThatIsNeverReachedAndTheOneBefore) {
  EXPECT_EQ(
      warned("{match: {tool: a}}, {match: {tool: 'fs.*'}}, {match: {tool: b}}, "
             "{match: {tool: 'fs.*'}, decision: reject}"),
      std::vector<std::string>{"tools[3] (fs.*) is never reached: tools[1] (fs.*) answers first"});
  EXPECT_TRUE(warnings(default_policy()).empty());
}

// Whether the second entry is never reached because of the first.
bool is_hidden(const std::string& earlier, const std::string& later) {
  return !warned("{match: {" + earlier + "}}, {match: {" + later + "}}").empty();
}

TEST(PolicyWarnings, AToolIsCoveredByAWiderOne) {
  EXPECT_TRUE(is_hidden("tool: '*'", "tool: 'a*b'"));
  EXPECT_TRUE(is_hidden("tool: 'fs.*'", "tool: fs.read"));
  EXPECT_TRUE(is_hidden("tool: 'a*c*'", "tool: 'ab*cd'"));
  EXPECT_TRUE(is_hidden("tool: '**'", "tool: '*'"));
  EXPECT_TRUE(is_hidden("tool: '*'", "tool: '**'"));
  EXPECT_FALSE(is_hidden("tool: fs.read", "tool: 'fs.*'"));
  EXPECT_FALSE(is_hidden("tool: 'a*b'", "tool: 'a*'"));
  EXPECT_FALSE(is_hidden("tool: 'a*a'", "tool: a"));
  EXPECT_FALSE(is_hidden("tool: '*a*'", "tool: '*'"));
}

TEST(PolicyWarnings, OnlyWithinOneKind) {
  EXPECT_FALSE(is_hidden("tool: '*'", "tool: a, kind: content"));
  EXPECT_FALSE(is_hidden("tool: '*', kind: content", "tool: a"));
  EXPECT_TRUE(is_hidden("tool: '*', kind: tool_call", "tool: a"));
  EXPECT_TRUE(is_hidden("tool: '*', kind: content", "tool: a, kind: content"));
}

TEST(PolicyWarnings, EveryConditionOfTheEarlierOneMustBeImplied) {
  struct Case {
    const char *earlier, *later;
    bool is_hidden;
  };
  const Case cases[] = {
      {"{}", "{p: {exact: 1}}", true},
      {"{p: {any: true}}", "{}", true},
      {"{p: {exact: 1}}", "{}", false},
      {"{p: {exact: 1}}", "{p: {exact: 1}}", true},
      {"{p: {exact: 1}}", "{p: {exact: 1}, q: {exact: 2}}", true},
      {"{p: {exact: 1}, q: {exact: 2}}", "{p: {exact: 1}}", false},
      {"{p: {exact: 1}}", "{p: {exact: 1.0}}", false},
      {"{p: {exact: 1}}", "{p: {exact: '1'}}", false},
      {"{p: {exact: 1}}", "{q: {exact: 1}}", false},
      {"{p: {pattern: '/srv/*'}}", "{p: {exact: /srv/a}}", true},
      {"{p: {pattern: '/srv/*'}}", "{p: {exact: /etc}}", false},
      {"{p: {pattern: '/srv/*'}}", "{p: {pattern: '/srv/a*'}}", true},
      {"{p: {pattern: '/srv/*'}}", "{p: {pattern: '*'}}", false},
      {"{p: {pattern: '*'}}", "{p: {any: true}}", false},
      {"{p: {pattern: '*'}}", "{p: {exact: 1}}", false},
      {"{p: {exact: a}}", "{p: {pattern: a}}", true},
      {"{p: {pattern: a}}", "{p: {exact: a}}", true},
      {"{p: {exact: 'a*'}}", "{p: {pattern: 'a*'}}", false},
      {"{p: {pattern: 'a*'}}", "{p: {exact: 'a*'}}", true},
      {"{p: {exact: null}}", "{p: {any: true}}", false},
  };
  for (const auto& [earlier, later, expected] : cases) {
    EXPECT_EQ(is_hidden(std::string("tool: t, arguments: ") + earlier,
                        std::string("tool: t, arguments: ") + later),
              expected)
        << earlier << " before " << later;
  }
}

// Every tool of up to four letters, with every combination of two arguments.
class Universe {
 public:
  Universe() {
    for (std::size_t first = 0, length = 0; length < 4; ++length) {
      const std::size_t last = tools_.size();
      for (; first < last; ++first) {
        for (const char letter : {'a', 'b', '*'}) tools_.push_back(tools_[first] + letter);
      }
    }
    for (const char* const x : {"", R"("x": 1)", R"("x": "a")", R"("x": "ab")", R"("x": "*")"}) {
      for (const char* const y : {"", R"("y": "a")", R"("y": null)"}) {
        const bool is_both = *x != 0 && *y != 0;
        arguments_.push_back(*parse_json("{" + std::string(x) + (is_both ? ", " : "") + y + "}"));
      }
    }
  }

  // Whether the entry answers nothing at all, by trying everything.
  bool is_silent(const Policy& policy, std::size_t entry) const {
    for (const auto& tool : tools_) {
      for (const auto& each : arguments_) {
        if (evaluate(policy, Kind::tool_call, tool, each).index == entry) return false;
      }
    }
    return true;
  }

 private:
  std::vector<std::string> tools_ = {""};
  std::vector<Json> arguments_;
};

std::string random_entry(std::mt19937& random) {
  const auto pick = [&random](auto... choices) {
    const std::array<const char*, sizeof...(choices)> all = {choices...};
    return std::string(all[random() % all.size()]);
  };
  std::string tool;
  for (std::size_t letters = 1 + random() % 4; letters > 0; --letters) tool += pick("a", "b", "*");
  return "{match: {tool: '" + tool + "', arguments: {" +
         pick("", "x: {exact: 1},", "x: {any: true},", "x: {pattern: 'a*'},", "x: {pattern: '*'},",
              "x: {exact: a},", "x: {pattern: a},", "x: {exact: '*'},") +
         pick("", "", "y: {exact: null}", "y: {pattern: '*'}", "y: {any: true}") + "}}}";
}

// Also that the index finds the entry that a scan from the top would.
TEST(PolicyWarnings, AreNeverFalse) {
  const Universe universe;
  std::mt19937 random(20260119);
  int found = 0;
  for (int round = 0; round < 150; ++round) {
    std::string tools = random_entry(random);
    for (int i = 0; i < 3; ++i) tools += ", " + random_entry(random);
    const Policy policy = policy_of(tools);
    const auto sentences = warnings(policy);
    for (const auto& sentence : sentences) {
      ++found;
      const auto entry = static_cast<std::size_t>(sentence[6] - '0');
      EXPECT_TRUE(universe.is_silent(policy, entry)) << sentence << "\n" << tools;
    }
  }
  EXPECT_GT(found, 20);
}

// With two entries there is but one that can hide the other, so that nothing is missed either,
// within what the universe can tell apart.
TEST(PolicyWarnings, MissNoToolThatOneOtherCovers) {
  const Universe universe;
  std::mt19937 random(7);
  const auto random_glob = [&random] {
    std::string glob;
    for (std::size_t letters = 1 + random() % 2; letters > 0; --letters)
      glob += "ab*"[random() % 3];
    return glob;
  };
  for (int round = 0; round < 200; ++round) {
    const std::string tools =
        "{match: {tool: '" + random_glob() + "'}}, {match: {tool: '" + random_glob() + "'}}";
    const Policy policy = policy_of(tools);
    EXPECT_EQ(!warnings(policy).empty(), universe.is_silent(policy, 1)) << tools;
  }
}

TEST(PolicyWarnings, G38_NameTheEmissionsThatAreNeverAsked) {
  const auto warned_of = [](std::string_view emissions) {
    const auto policy = policy_from_yaml("version: 1\nemissions: [" + std::string(emissions) + "]");
    EXPECT_TRUE(policy);
    return policy ? warnings(*policy) : std::vector<std::string>();
  };
  EXPECT_EQ(warned_of("{match: 'a.*', by: [{role: agent}], proof: required},"
                      "{match: a.b, by: [{role: admin}], proof: none}"),
            (std::vector<std::string>{
                "emissions[1] (a.b) is never asked for its proof: emissions[0] (a.*) answers first",
                "emissions[1] (a.b) is never asked for its by: emissions[0] (a.*) answers first"}));
  EXPECT_TRUE(
      warned_of("{match: 'a.*', proof: required}, {match: a.b, by: [{role: admin}]}").empty())
      << "each is asked for what it says";
  EXPECT_TRUE(warned_of("{match: a.b, proof: none}, {match: 'a.*', proof: required}").empty());
  std::string stars;
  for (int i = 0; i < 900; ++i) stars += "*a";
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "{match: '" + stars + std::to_string(i) + "', proof: none},";
  const auto sentences = warned_of(many);
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_EQ(sentences[0], "emissions were not all compared: the entries are too long for it");
}

TEST(PolicyWarnings, SayWhereTheyStopped) {
  std::string stars;
  for (int i = 0; i < 900; ++i) stars += "*a";
  std::string tools;
  for (int i = 0; i < 100; ++i) {
    tools += "{match: {tool: '" + stars + std::to_string(i) + "'}}, ";
  }
  const auto sentences = warned(tools);
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_TRUE(sentences[0].ends_with("was not compared: the entries are too long for it"));
}

}  // namespace
}  // namespace assent
