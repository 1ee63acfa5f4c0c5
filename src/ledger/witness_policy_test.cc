#include "ledger/witness_policy.h"

#include "ledger/cosignature.h"
#include "ledger/testing.h"

#include <gtest/gtest.h>

#include <random>

namespace assent::ledger {
namespace {

VerifierKey key(int number) {
  return Cosigner::from_seed("witness.example/w" + std::to_string(number),
                             Secret(std::string(32, static_cast<char>(number))))
      ->verifier_key();
}

std::string log_key() {
  return counting_signer("log.example/t/acme", 0).verifier_key().text();
}

std::string witness_line(const std::string& name, int number) {
  return "witness " + name + " " + key(number).text() + "\n";
}

// The example of the specification.
std::string nested() {
  std::string text = "log " + log_key() + "\n\n";
  for (int i = 1; i <= 3; ++i) text += witness_line("X" + std::to_string(i), i);
  text += "group X-witnesses 2 X1 X2 X3\n\n";
  for (int i = 1; i <= 3; ++i) text += witness_line("Y" + std::to_string(i), 3 + i);
  return text +
         "group Y-witnesses any Y1 Y2 Y3\n\n"
         "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";
}

bool is_satisfied_by(const WitnessPolicy& policy, const std::vector<int>& numbers) {
  std::vector<VerifierKey> keys;
  for (const int number : numbers) keys.push_back(key(number));
  return is_satisfied(policy, keys);
}

std::string fault_of(const std::string& text) {
  const auto policy = parse_witness_policy(text);
  return policy ? "" : policy.error().detail;
}

TEST(WitnessPolicy, TheExampleOfTheSpecificationCountsAsItSays) {
  const auto policy = parse_witness_policy(nested());
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  EXPECT_EQ(policy->logs.size(), 1U);
  EXPECT_EQ(policy->witnesses.size(), 6U);
  EXPECT_TRUE(is_satisfied_by(*policy, {1, 2, 4}));
  EXPECT_TRUE(is_satisfied_by(*policy, {1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(is_satisfied_by(*policy, {6, 3, 1}));
  EXPECT_FALSE(is_satisfied_by(*policy, {1, 2, 3}));
  EXPECT_FALSE(is_satisfied_by(*policy, {1, 4, 5, 6}));
  EXPECT_FALSE(is_satisfied_by(*policy, {1, 1, 4}));
  EXPECT_FALSE(is_satisfied_by(*policy, {}));
  EXPECT_FALSE(is_satisfied_by(*policy, {7, 8, 9}));
}

// The threshold rule again, written as nothing but counting, against every subset.
TEST(WitnessPolicy, AThresholdIsMetByExactlyTheSubsetsThatAreLargeEnough) {
  for (int n = 1; n <= 6; ++n) {
    for (int k = 1; k <= n; ++k) {
      std::string text, group = "group g " + std::to_string(k);
      for (int i = 1; i <= n; ++i) {
        text += witness_line("w" + std::to_string(i), i);
        group += " w" + std::to_string(i);
      }
      const auto policy = parse_witness_policy(text + group + "\nquorum g\n");
      ASSERT_TRUE(policy.has_value());
      for (unsigned subset = 0; subset < 1u << n; ++subset) {
        std::vector<int> who;
        for (int i = 0; i < n; ++i) {
          if ((subset >> i & 1) != 0) who.push_back(i + 1);
        }
        EXPECT_EQ(is_satisfied_by(*policy, who), static_cast<int>(who.size()) >= k);
      }
    }
  }
}

TEST(WitnessPolicy, MoreCosignersNeverUnsettleAPolicy) {
  const auto policy = parse_witness_policy(nested()).value();
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<int> who;
    bool was_satisfied = false;
    for (int step = 0; step < 8; ++step) {
      who.push_back(static_cast<int>(random() % 6) + 1);
      const bool now = is_satisfied_by(policy, who);
      EXPECT_TRUE(now || !was_satisfied);
      was_satisfied = now;
    }
  }
}

TEST(WitnessPolicy, NoneAsksForNobodyAndOneWitnessCanBeTheQuorum) {
  EXPECT_TRUE(is_satisfied_by(*parse_witness_policy("quorum none\n"), {}));
  const auto one = parse_witness_policy(witness_line("w", 1) + "quorum w\n");
  EXPECT_TRUE(is_satisfied_by(*one, {1}));
  EXPECT_FALSE(is_satisfied_by(*one, {2}));
}

TEST(WitnessPolicy, SpaceCommentsUrlsAndForeignLettersAreRead) {
  const auto policy =
      parse_witness_policy("  # of the house\n\t\n \twitness\t zeug\xc3\xa9  " + key(1).text() +
                           " https://w.example/x \t\nquorum zeug\xc3\xa9\n");
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  EXPECT_EQ(policy->witnesses[0].url, "https://w.example/x");
}

TEST(WitnessPolicy, WhatIsWrongIsSaidWithItsLine) {
  const std::string w1 = witness_line("w1", 1);
  const std::string w2 = witness_line("w2", 2);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "line 1: the policy ends without a quorum"},
      {w1, "line 2: the policy ends without a quorum"},
      {"quorum none", "line 1: no newline at its end"},
      {"quorum none\nquorum none\n", "line 2: a second quorum"},
      {"quorum w1\n" + w1, "line 1: `w1` is not defined on a line before"},
      {"quorum\n", "line 1: a quorum is"},
      {"quorum a b\n", "line 1: a quorum is"},
      {"quorums none\n", "line 1: it begins with none of"},
      {"witness w1\n", "line 1: a witness is"},
      {"witness w1 x+00000000+AAAA\n", "line 1: the verifier key is malformed"},
      {"witness w1 " + log_key() + "\n", "line 1: this is not the key of a witness"},
      {"log " + key(1).text() + "\n", "line 1: this is not the key of a log"},
      {"log " + log_key() + "\nlog " + log_key() + "\n", "line 2: the key is there already"},
      {w1 + witness_line("other", 1), "line 2: the key is there already"},
      {w1 + witness_line("w1", 2), "line 2: `w1` is defined already"},
      {witness_line("none", 1), "line 1: nothing can be called `none`"},
      {w1 + "group g 2 w1\n", "line 2: the threshold"},
      {w1 + "group g 0 w1\n", "line 2: the threshold"},
      {w1 + "group g 01 w1\n", "line 2: the threshold"},
      {w1 + "group g any\n", "line 2: a group is"},
      {w1 + "group g any none\n", "line 2: `none` is not defined"},
      {w1 + "group g any g\n", "line 2: `g` is not defined"},
      {w1 + "group g any w1 w1\n", "line 2: `w1` is a group's member already"},
      {w1 + w2 + "group g any w1\ngroup h all g w1\n", "line 4: `w1` is a group's member already"},
      {w1 + "group w1 any w1\n", "line 2: `w1` is defined already"},
      {"quorum none\r\n", "line 1: a control character"},
      {std::string("# \x7f\n"), "line 1: a control character"},
  };
  for (const auto& [text, fault] : cases) {
    EXPECT_NE(fault_of(text).find(fault), std::string::npos) << text << "\n" << fault_of(text);
  }
}

TEST(WitnessPolicy, HundredsOfWitnessesInGroupsOfGroupsAreNoLimit) {
  std::string text, last;
  for (int i = 1; i <= 120; ++i) {
    const std::string number = std::to_string(i);
    text += witness_line("w" + number, i);
    text += "group g" + number + " all w" + number + last + "\n";
    last = " g" + number;
  }
  const auto policy = parse_witness_policy(text + "quorum" + last + "\n");
  ASSERT_TRUE(policy.has_value()) << policy.error().detail;
  std::vector<int> all;
  for (int i = 1; i <= 120; ++i) all.push_back(i);
  EXPECT_TRUE(is_satisfied_by(*policy, all));
  all.pop_back();
  EXPECT_FALSE(is_satisfied_by(*policy, all));
}

}  // namespace
}  // namespace assent::ledger
